/* SPDX-License-Identifier: MIT */
#include "cache/memory.h"
#include "test_support.h"

static void test_record(void **state)
{
	cleanup(entry_unrefp) struct entry *e = entry_of(7, RESULT_SIGNALED, 100);
	cleanup(entry_unrefp) struct entry *again = NULL;
	cleanup(entry_unrefp) struct entry *other = entry_of(8, RESULT_SIGNALED, 100);

	(void)state;
	assert_int_equal(entry_read(key_of(7), e->record, &again), 0);
	assert_is(again, 7, 100);
	assert_int_equal(again->outcome, RESULT_SIGNALED);
	assert_int_equal(again->created_s, 1234);
	assert_string_equal(again->etag, e->etag);
	assert_int_equal(strlen(e->etag), ENTRY_ETAG_SIZE - 1);
	assert_string_not_equal(other->etag, e->etag);
}

/* Every byte of it is covered: no change passes. */
static void test_record_damage(void **state)
{
	cleanup(entry_unrefp) struct entry *e = entry_of(7, RESULT_EXITED, 40);
	cleanup_free char *copy = malloc(e->record.n);
	struct entry *again = NULL;

	(void)state;
	assert_non_null(copy);
	for (size_t i = 0; i < e->record.n; i++) {
		memcpy(copy, e->record.p, e->record.n);
		copy[i] ^= 0x10;
		assert_int_equal(entry_read(key_of(7), (struct span){ copy, e->record.n }, &again),
			-EBADMSG);
	}
	for (size_t n = 0; n < e->record.n; n++)
		assert_int_equal(
			entry_read(key_of(7), (struct span){ e->record.p, n }, &again), -EBADMSG);
	assert_null(again);
}

static void test_memory_is_bounded(void **state)
{
	struct memory *m = memory_new(100 * KIB);
	struct memory_stats s;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		cleanup(entry_unrefp) struct entry *e = entry_of(i, RESULT_EXITED, 4000);

		memory_put(m, e, 0);
		/* Number 3 is used all the time. */
		if (i >= 3) {
			struct entry *used = memory_get(m, key_of(3), 0);
			assert_non_null(used);
			entry_unref(used);
		}
		memory_stats(m, &s);
		assert_true(s.bytes <= 100 * KIB);
	}
	assert_in_range(s.entries, 20, 25);
	assert_int_equal(s.evicted, 100 - s.entries);
	assert_null(memory_get(m, key_of(4), 0));
	cleanup(entry_unrefp) struct entry *last = memory_get(m, key_of(99), 0);
	assert_is(last, 99, 4000);

	/* What would take more than an eighth is not kept, and takes away what had its key. */
	cleanup(entry_unrefp) struct entry *large = entry_of(99, RESULT_EXITED, 20000);
	memory_put(m, large, 0);
	assert_null(memory_get(m, key_of(99), 0));
	memory_free(m);
	/* Whoever holds an entry still has it. */
	assert_is(last, 99, 4000);
}

static void test_memory_replaces_and_forgets(void **state)
{
	struct memory *m = memory_new(MIB);
	cleanup(entry_unrefp) struct entry *a = entry_of(1, RESULT_EXITED, 10);
	cleanup(entry_unrefp) struct entry *b = entry_of(1, RESULT_EXITED, 20);
	struct memory_stats s;
	char keys[4][KEY_SIZE];

	(void)state;
	memory_put(m, a, 0);
	memory_put(m, b, 500);
	memory_stats(m, &s);
	assert_int_equal(s.entries, 1);
	assert_int_equal(memory_used(m, keys, 4), 0);
	cleanup(entry_unrefp) struct entry *got = memory_get(m, key_of(1), 499);
	assert_ptr_equal(got, b);
	assert_int_equal(memory_used(m, keys, 4), 1);
	assert_string_equal(keys[0], key_of(1));
	assert_int_equal(memory_used(m, keys, 4), 0);
	assert_null(memory_get(m, key_of(1), 500));
	memory_stats(m, &s);
	assert_int_equal(s.entries + s.bytes, 0);
	memory_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_damage),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_memory_replaces_and_forgets),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
