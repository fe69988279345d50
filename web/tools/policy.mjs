// SPDX-License-Identifier: MIT
// The Content-Security-Policy of each document, for the server (embed.mjs) and for tests.
//
// Viewers need: pictures, sound and films from object URLs (blob:); pdf.js in a worker from our origin; styles through the
// CSSOM, which no policy forbids; HTML output in /frame.html, which a policy of its own puts into an opaque origin. frame-src
// 'self' also keeps what runs in that frame from leading it elsewhere.

// What the page may do. Its own scripts, styles and server only; files that a run made live at blob: addresses.
const PAGE = [
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' blob: data:",
	"media-src blob:",
	"font-src 'self'",
	"connect-src 'self'",
	"frame-src 'self'",
	"worker-src 'self'",
	"manifest-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"object-src 'none'",
];
// A document that shows HTML of a stranger: an origin of its own, no network, nothing of ours in reach.
const FRAME = [
	"sandbox allow-scripts",
	"default-src 'none'",
	"script-src 'unsafe-inline' 'unsafe-eval' blob: data:",
	"style-src 'unsafe-inline' blob: data:",
	"img-src blob: data:",
	"media-src blob: data:",
	"font-src blob: data:",
	"connect-src blob: data:",
	"worker-src blob: data:",
	"base-uri 'none'",
	"form-action 'none'",
	// The page itself may stand in somebody's frame (/embed), and then these are ancestors too. It is harmless: whoever frames
	// this document can show only what they could show anyway, in an origin that is nobody's.
	"frame-ancestors *",
];

/** By path; what is not here has the policy of "/". */
export const POLICIES = {
	"/": [...PAGE, "frame-ancestors 'none'"].join("; "),
	"/embed": [...PAGE, "frame-ancestors *"].join("; "),
	"/frame.html": FRAME.join("; "),
};
