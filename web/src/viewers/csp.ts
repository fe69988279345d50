// SPDX-License-Identifier: MIT
// The Content-Security-Policy that viewers need, in one place for server, tests and documentation.
//
// Pictures, sound and films come from object URLs (blob:); pdf.js runs in a worker from our origin; styles are set
// through the CSSOM, which no policy forbids; HTML output runs in /frame.html, a page with a policy of its own that puts
// it into an opaque origin. frame-src 'self' also keeps what runs in that frame from leading it elsewhere.

/** For the page itself, without what embedding asks for (frame-ancestors). */
export const pagePolicy =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; font-src 'self'; " +
	"connect-src 'self'; worker-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; object-src 'none'";

/** For /frame.html: scripts and styles of a stranger, an opaque origin, and no way out. */
export const framePolicy =
	"sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'unsafe-inline' data:; " +
	"img-src blob: data:; media-src blob: data:; font-src blob: data:; worker-src blob:; base-uri 'none'; form-action 'none'; " +
	"frame-ancestors 'self'";
