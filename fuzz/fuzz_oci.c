/* SPDX-License-Identifier: MIT */
/* The JSON of images: what passes is within the limits. */
#include <stdint.h>
#include <stdlib.h>

#include "oci/documents.h"
#include "oci/platform.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct oci_list *l, size_t max)
{
	if (l->n > max)
		abort();
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].media_type || !l->v[i].platform || !l->v[i].ref ||
			platform_match(l->v[i].platform, "linux/amd64") > 2)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span text = { (const char *)data, size };
	cleanup(oci_list_done) struct oci_list index = { 0 }, manifest = { 0 };
	cleanup(oci_config_done) struct oci_config config = { 0 };
	cleanup_strv struct strv paths = { 0 };
	struct error err;

	if (oci_index_parse(text, &index, &err) == 0)
		check_list(&index, OCI_MANIFESTS_MAX);
	if (oci_manifest_parse(text, &manifest, &err) == 0)
		check_list(&manifest, OCI_LAYERS_MAX + 1);
	if (oci_config_parse(text, &config, &err) == 0 && config.n_diff_ids > OCI_LAYERS_MAX)
		abort();
	if (oci_docker_parse(text, size % 2 ? "a:1" : NULL, &paths, &err) == 0 && paths.n == 0)
		abort();
	oci_is_index(text);
	return 0;
}
