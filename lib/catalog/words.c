/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <errno.h>

#include "base/buf.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What stands between @mark and the next @mark, to @word. Moves *@text behind the second. */
static int take_quoted(const char **text, char mark, struct buf *word)
{
	const char *p = *text + 1;
	int r = 0;

	for (; *p && *p != mark && r == 0; p++) {
		if (mark == '"' && *p == '\\' && (p[1] == '\\' || p[1] == '"'))
			p++;
		r = buf_add(word, p, 1);
	}
	if (r == 0 && *p != mark)
		return -EINVAL;
	*text = p + 1;
	return r;
}

static int take_word(const char **text, struct buf *word)
{
	int r = 0;

	while (r == 0 && **text && !is_space(**text)) {
		if (**text == '\'' || **text == '"') {
			r = take_quoted(text, **text, word);
			continue;
		}
		if (**text == '\\' && !*++*text)
			return -EINVAL;
		r = buf_add(word, (*text)++, 1);
	}
	return r;
}

int words_split(const char *text, struct strv *ret)
{
	for (;;) {
		cleanup_buf struct buf word = { 0 };

		while (is_space(*text))
			text++;
		if (!*text)
			return 0;
		int r = take_word(&text, &word);
		if (r == 0)
			r = strv_add_span(ret, buf_span(&word));
		if (r < 0)
			return r;
	}
}
