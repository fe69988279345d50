// SPDX-License-Identifier: MIT
// How the page is built (Vite) and its logic tested (Vitest).
import { defineConfig } from "vitest/config";

// Where `npm run dev` finds the server: pe serve --listen 127.0.0.1:8080
const server = process.env["PE_SERVER"] ?? "http://127.0.0.1:8080";

// @replit/codemirror-emacs calls what binds its keys "pure", so that a bundler drops it and no key does anything.
const keepEmacsKeys = {
	name: "keep-emacs-keys",
	transform: (code: string, id: string) =>
		id.includes("codemirror-emacs") ? { code: code.replaceAll("/*@__PURE__*/EmacsHandler", "EmacsHandler"), map: null } : null,
};

export default defineConfig({
	plugins: [keepEmacsKeys],
	server: { proxy: { "/api": server }, fs: { strict: false } },
	build: {
		target: "es2022",
		outDir: "dist",
		assetsDir: "assets",
		// A strict Content-Security-Policy has no room for data: scripts or inlined modules.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 2000,
	},
	test: {
		include: ["src/**/*.test.ts"],
		// A test that needs a document says so: // @vitest-environment jsdom
		environment: "node",
		setupFiles: ["dev/setup.ts"],
	},
});
