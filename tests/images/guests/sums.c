/* SPDX-License-Identifier: MIT */
/* Reads /sums, lines of "CRC-32 path", and every file that it names; says which is not what it
 * should be. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint32_t table[256];

static uint32_t sum_of(const char *path)
{
	static unsigned char buf[65536];
	uint32_t crc = ~0u;
	size_t n;
	FILE *f = fopen(path, "r");

	if (!f)
		return 0;
	while ((n = fread(buf, 1, sizeof buf, f)) > 0)
		for (size_t i = 0; i < n; i++)
			crc = crc >> 8 ^ table[(crc ^ buf[i]) & 255];
	fclose(f);
	return ~crc;
}

int main(void)
{
	char line[5000];
	int files = 0, bad = 0;
	FILE *f = fopen("/sums", "r");

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int k = 0; k < 8; k++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
	}
	while (f && fgets(line, sizeof line, f)) {
		char *path = strchr(line, ' ') + 1;
		unsigned sum = 0;

		sscanf(line, "%x", &sum);
		path[strcspn(path, "\n")] = '\0';
		files++;
		if (sum_of(path) != sum) {
			printf("WRONG %s\n", path);
			bad++;
		}
	}
	printf("%d files, %d wrong\n", files, bad);
	return bad || !files;
}
