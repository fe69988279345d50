// SPDX-License-Identifier: MIT
// The page starts here.
import "./style/index.css";

import { App } from "./app/app";
import { h } from "./ui/dom";

const root = h("div", { class: "app" });
document.body.append(root);
void new App(root).start();
