// SPDX-License-Identifier: MIT
// Node 18 has WebCrypto, but not by the name that browsers give it.
import { webcrypto } from "node:crypto";

if (!globalThis.crypto) Object.defineProperty(globalThis, "crypto", { value: webcrypto });
