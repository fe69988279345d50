# SPDX-License-Identifier: MIT
"""What the black-box suites share: running pe, looking at the host, building guest programs."""
