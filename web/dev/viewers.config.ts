// SPDX-License-Identifier: MIT
// Builds viewers.html alone, for tests/browser/viewers.test.mjs.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
	root: here,
	publicDir: `${here}../public`,
	logLevel: "warn",
	build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false }, minify: false, reportCompressedSize: false, chunkSizeWarningLimit: 2000, emptyOutDir: true, rollupOptions: { input: `${here}viewers.html` } },
});
