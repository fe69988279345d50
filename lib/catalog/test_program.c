/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kind.h"
#include "place.h"
#include "program.h"
#include "recipe.h"

#include <cmocka.h>

#define HEAD    "programs:\n  - id: p\n    title: P\n"
#define COMMAND "    command: [p]\n"
#define OPTION  HEAD COMMAND "    options:\n      - id: o\n        title: O\n"
#define EXAMPLE HEAD COMMAND "    examples:\n      - id: e\n        title: E\n"
#define KIND    "kinds:\n  - id: k\n    title: K\n"
#define CHOICE  OPTION "        type: choice\n"
#define INTEGER OPTION "        type: integer\n        template: ['{}']\n"

/* What is wrong, and what is said of it. */
static const struct {
	const char *text, *complaint;
} bad[] = {
	{ "", "x:1: there is nothing in it" },
	{ "[]", "x:1: Expecting MAPPING, got event: SEQUENCE_START" },
	{ "name: x\n", "x:1: Unexpected key: name" },
	{ "packages: [x]\n", "Unexpected key: packages" },
	{ HEAD, "Missing required mapping field: command" },
	{ HEAD "    command: []\n", "x:4: at 'command': Insufficient entries" },
	{ HEAD "    command: ['', a]\n", "x:4: programs[0].command[0]: no program is named" },
	{ HEAD COMMAND "    id: q\n", "Mapping field already seen: id" },
	{ "programs:\n  - {id: P, title: P, command: [p]}\n", "x:2: programs[0].id: 'P' is no id" },
	{ "programs:\n  - {id: -p, title: P, command: [p]}\n",
		"x:2: programs[0].id: '-p' is no id" },
	{ "programs:\n  - {id: p, title: P, command: [p]}\n  - {id: p, title: P, command: [p]}\n",
		"x:3: programs[1].id: 'p' is there twice" },
	{ "programs: [{id: p, title: \"a\\nb\", command: [p]}]\n",
		"x:1: programs[0].title: 'a\nb' is no title of one line" },
	{ HEAD COMMAND "    image: other\n", "x:5: programs[0].image: an image cannot speak" },
	{ HEAD COMMAND "    documentation: 'javascript:alert(1)'\n",
		"x:5: programs[0].documentation: 'javascript:alert(1)' is no address" },
	{ HEAD COMMAND "    documentation: https://a b\n", "is no address" },
	{ HEAD COMMAND "    documentation: https://a\"onclick=\n", "is no address" },
	{ HEAD COMMAND "    inputs: [c, C]\n",
		"x:5: programs[0].inputs[1]: 'C' is no kind of file" },
	{ HEAD COMMAND "    outputs: [\n      a,\n      b/c]\n", "x:7: programs[0].outputs[1]" },
	{ HEAD COMMAND "    env: [A=1, B]\n", "x:5: programs[0].env[1]: 'B' is no KEY=VALUE" },
	{ HEAD COMMAND "    auto: maybe\n", "x:5: at 'auto'" },
	{ HEAD COMMAND "    stdin: 1\n", "x:5: at 'stdin'" },
	{ HEAD COMMAND "    limits: {timeout: soon}\n",
		"x:5: programs[0].limits.timeout: this makes no limit" },
	{ HEAD COMMAND "    limits: {memory: 0}\n", "x:5: programs[0].limits.memory" },
	{ HEAD COMMAND "    limits: {pids: 99999999999}\n", "x:5: programs[0].limits.pids" },
	{ HEAD COMMAND "    limits: {cpus: 2}\n", "Unexpected key: cpus" },
	{ HEAD COMMAND "    live: {command: []}\n", "at 'command': Insufficient entries" },
	{ HEAD COMMAND "    live: {command: ['']}\n",
		"programs[0].live.command[0]: no program is named" },
	{ HEAD COMMAND "    live: {command: [p, '{file}']}\n", "it has no placeholders" },
	{ HEAD "    command: [p, '{option.x}']\n",
		"x:4: programs[0].command[1]: '{option.x}': no such option" },
	{ HEAD "    command: [p, '{fils}']\n", "'{fils}': no such placeholder" },
	{ HEAD "    command: [p, '-x{files}']\n", "must be a word of its own" },
	{ HEAD "    command: [p, 'a {options} b']\n", "must be a word of its own" },
	{ HEAD "    command: [sh, -c, 'echo ${file}']\n", "a variable of the shell" },
	{ OPTION "        type: slider\n", "x:8: at 'type'" },
	{ OPTION "        type: choice\n",
		"x:6: programs[0].options[0].choices: an option of type choice needs it" },
	{ OPTION "        type: flag\n", "words: an option of type flag needs it" },
	{ OPTION "        type: text\n", "template: an option of type text needs it" },
	{ OPTION "        type: list\n        template: ['{}']\n        default: a\n",
		"x:10: programs[0].options[0].default: an option of type list has none" },
	{ OPTION "        type: flag\n        words: [-w]\n        min: 1\n",
		"x:10: programs[0].options[0].min: an option of type flag has none" },
	{ OPTION "        type: flag\n        words: [-w]\n        default: on\n",
		"x:10: programs[0].options[0].default: 'on' is neither true nor false" },
	{ OPTION "        type: text\n        template: [-x]\n",
		"x:9: programs[0].options[0].template: none of its words has a {}" },
	{ CHOICE "        choices: [{value: a}, {value: a}]\n",
		"x:9: programs[0].options[0].choices[1].value: 'a' is there twice" },
	{ CHOICE "        choices: [{value: fast}, {value: slow}]\n        default: fas\n",
		"x:10: programs[0].options[0].default: 'fas' is not among its choices; near: "
		"fast" },
	{ INTEGER "        min: 3\n        max: 2\n", "x:11: programs[0].options[0].max: less" },
	{ INTEGER "        step: 0\n", "x:10: programs[0].options[0].step: less than 1" },
	{ INTEGER "        default: 1.5\n", "default: '1.5' is no integer" },
	{ INTEGER "        default: '007'\n", "default: '007' is no integer" },
	{ INTEGER "        default: '-0'\n", "default: '-0' is no integer" },
	{ INTEGER "        max: 4\n        default: 5\n", "default: 5 is more than 4" },
	{ INTEGER "        min: -4\n        default: -5\n", "default: -5 is less than -4" },
	{ INTEGER "        min: 99999999999999999999\n", "x:10: at 'min'" },
	{ OPTION "        type: arguments\n        default: \"a 'b\"\n",
		"default: a quote in 'a 'b' is not closed" },
	{ OPTION "        type: arguments\n      - id: o\n        title: O\n        type: "
		 "arguments\n",
		"x:9: programs[0].options[1].id: 'o' is there twice" },
	{ EXAMPLE "        files: [{name: ../a, text: ''}]\n",
		"x:8: programs[0].examples[0].files[0].name: '../a' is no relative path" },
	{ EXAMPLE "        files: [{name: \"a\\nb\", text: ''}]\n", "is no relative path" },
	{ EXAMPLE "        files: [{name: a}]\n", "files[0]: needs either text or base64" },
	{ EXAMPLE "        files: [{name: a, text: b, base64: YQ==}]\n", "needs either text or" },
	{ EXAMPLE "        files: [{name: a, base64: YQ}]\n",
		"examples[0].files[0].base64: this is no base64" },
	{ EXAMPLE "        files: [{name: a, text: b}, {name: a, text: b}]\n",
		"files[1].name: 'a' is there twice" },
	{ EXAMPLE "        options: [o=1]\n",
		"x:8: programs[0].examples[0].options[0]: program 'p' has no option 'o'" },
	{ EXAMPLE "        options: [o]\n", "'o' is no OPTION=VALUE" },
	{ EXAMPLE "        stdin: a\n",
		"x:8: programs[0].examples[0].stdin: the program does not read it" },
	{ EXAMPLE "        expect_files: [/a]\n", "x:8: programs[0].examples[0].expect_files[0]" },
	{ EXAMPLE "      - {id: e, title: E}\n",
		"x:8: programs[0].examples[1].id: 'e' is there twice" },
	{ KIND, "Missing required mapping field: extensions" },
	{ KIND "    extensions: [a/b]\n", "x:4: kinds[0].extensions[0]: 'a/b' is no end" },
	{ KIND "    extensions: [.k]\n    media: text\n", "x:5: kinds[0].media: 'text' is no" },
	{ KIND "    extensions: [.k]\n    media: text/html; x\n", "kinds[0].media" },
	{ KIND "    extensions: [.k]\n    magic: [abc]\n", "x:5: kinds[0].magic[0]: 'abc' is no" },
	{ KIND "    extensions: [.k]\n    magic: [zz]\n", "kinds[0].magic[0]: 'zz' is no" },
	{ KIND "    extensions: [.k]\n  - {id: k, title: K, extensions: [.l]}\n",
		"x:5: kinds[1].id: 'k' is there twice" },
	{ "programs: &a [*a]\n", "alias" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct program_doc *doc = NULL;
		struct error err = { "" };

		assert_int_equal(program_doc_parse("x", span_of(bad[i].text), &doc, &err), -EINVAL);
		assert_null(doc);
		if (!strstr(err.text, bad[i].complaint) || strncmp(err.text, "x:", 2) != 0)
			fail_msg("'%s' does not say '%s'", err.text, bad[i].complaint);
	}
}

static void test_too_large(void **state)
{
	cleanup_free char *text = malloc(RECIPE_MAX + 1);
	struct program_doc *doc = NULL;
	struct error err;

	(void)state;
	assert_non_null(text);
	memset(text, '#', RECIPE_MAX + 1);
	assert_int_equal(
		program_doc_parse("x", (struct span){ text, RECIPE_MAX + 1 }, &doc, &err), -EFBIG);
}

/* A tree as deep as it likes must not cost more than its bytes. */
static void test_deep(void **state)
{
	enum {
		DEPTH = 100000,
	};
	cleanup_free char *text = malloc(DEPTH);
	struct program_doc *doc = NULL;
	struct error err;

	(void)state;
	assert_non_null(text);
	memset(text, '[', DEPTH);
	assert_int_equal(program_doc_parse("x", (struct span){ text, DEPTH }, &doc, &err), -EINVAL);
}

static void test_good(void **state)
{
	static const char text[] = OPTION "        type: flag\n        words: [-w]\n"
					  "    stdin: false\n    auto: false\n"
					  "    limits: {timeout: 1500ms, memory: 2G, pids: 7}\n";
	cleanup(program_doc_freep) struct program_doc *doc = NULL;
	struct program_numbers n;
	const char *field;
	struct error err = { "" };

	(void)state;
	if (program_doc_parse("x", span_of(text), &doc, &err) < 0)
		fail_msg("%s", err.text);
	const struct program *p = &doc->programs.v[0];
	assert_int_equal(p->options.v[0].type, OPTION_FLAG);
	assert_false(*p->input);
	assert_false(*p->by_itself);
	assert_int_equal(program_limits_read(p->limits, &n, &field), 0);
	assert_int_equal(n.timeout_ms, 1500);
	assert_int_equal(n.memory_bytes, (uint64_t)2 << 30);
	assert_int_equal(n.output_bytes, 0);
	assert_int_equal(n.pids, 7);
}

static void test_field_line(void **state)
{
	const struct place at = { "x", SPAN_LITERAL("a:\n  - b: 1\n  - c: [d,\n e]\n") };
	const struct field a0 = { NULL, "a", 0 }, b = { &a0, "b", FIELD_WHOLE };
	const struct field a1 = { NULL, "a", 1 }, c1 = { &a1, "c", 1 };
	const struct field a2 = { NULL, "a", 2 }, none = { &a2, "z", 3 };
	const struct place broken = { "x", SPAN_LITERAL("a: [") };

	(void)state;
	assert_int_equal(field_line(&at, &b), 2);
	assert_int_equal(field_line(&at, &a1), 3);
	assert_int_equal(field_line(&at, &c1), 4);
	assert_int_equal(field_line(&at, &none), 2);
	assert_int_equal(field_line(&at, NULL), 1);
	assert_int_equal(field_line(&broken, &b), 1);
}

static void test_magic(void **state)
{
	static const char text[] =
		"kinds:\n  - {id: any, title: A, extensions: ['*'], magic: ['ff']}\n"
		"  - {id: riff, title: R, extensions: [.wav], magic: ['52494646........5741', "
		"'ff.0']}\n"
		"  - {id: free, title: F, extensions: [.txt]}\n";
	cleanup(program_doc_freep) struct program_doc *doc = NULL;
	const struct {
		const char *name;
		struct span data;
		bool fits;
	} rows[] = {
		{ "a.wav", SPAN_LITERAL("RIFFabcdWAVE"), true },
		{ "a.wav", SPAN_LITERAL("RIFFabcdW"), false },
		{ "a.wav", SPAN_LITERAL("RIFFabcdAVI "), false },
		{ "d/a.wav", SPAN_LITERAL("\xff\xf0"), true },
		{ "a.wav", SPAN_LITERAL("\xff\xf1"), false },
		{ "a.wav", SPAN_LITERAL(""), false },
		{ "a.txt", SPAN_LITERAL("x"), true },
		{ "a", SPAN_LITERAL("x"), true },
	};

	(void)state;
	assert_int_equal(program_doc_parse("x", span_of(text), &doc, NULL), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(
			kind_magic_fits(&doc->kinds, rows[i].name, rows[i].data), rows[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_field_line),
		cmocka_unit_test(test_magic),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
