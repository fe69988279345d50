/* SPDX-License-Identifier: MIT */
/* Arbitrary headers: Accept, Accept-Encoding, If-None-Match, parameters, X-Forwarded-For. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "http/negotiate.h"
#include "http/proxies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char ten[] = "10.0.0.0/8", fd[] = "fd00::/8", local[] = "unix";
	char *trusted[] = { ten, fd, local, NULL };
	static struct proxies *proxies;
	char text[64], *header = strndup((const char *)data, size);

	if (!header || (!proxies && proxies_new(trusted, &proxies, NULL) < 0))
		abort();
	int q = negotiate_type(header, "application/json"), e = negotiate_encoding(header, "gzip");
	if (q < 0 || q > 1000 || e < 0 || e > 1000)
		abort();
	negotiate_has_etag(header, "\"abc\"");
	if (media_type(header).n > size)
		abort();
	if (header_parameter(span_of(header), "name", text, sizeof text) && strlen(text) >= size)
		abort();
	proxies_client(proxies, "10.0.0.1", header, text, sizeof text);
	if (!*text)
		abort();
	free(header);
	return 0;
}
