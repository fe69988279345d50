// SPDX-License-Identifier: MIT
// The page starts here.
import "./style/index.css";

document.title = "Program Explorer";
