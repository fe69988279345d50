/* SPDX-License-Identifier: MIT */
#include "pe.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "image/image.h"
#include "jail/jail.h"
#include "vm/vm.h"

static const struct option_row rows[] = { { 0 } };

const struct command doctor_command = {
	.name = "doctor",
	.synopsis = "doctor",
	.summary = "Tell what this host gives to isolate VMs, and what runs need.",
	.options = rows,
	.details = "Each layer of the jail is tried out. Exit status 0 when nothing that a run "
		   "needs is missing, else 1.\n",
};

static void print_line(bool good, bool needed, const char *name, const char *text)
{
	printf("  %-7s %-18s %s\n", good ? "ok" : needed ? "MISSING" : "absent", name, text);
}

/* Number of required layers that are missing. */
static int check_jail(void)
{
	struct jail_layer_state states[JAIL_LAYERS];
	int missing = 0;

	jail_probe(states);
	printf("Jail: what holds when a guest kernel has been taken over\n");
	for (int i = 0; i < JAIL_LAYERS; i++) {
		const struct jail_layer_state *s = &states[i];
		print_line(s->present, s->required, s->name, s->present ? s->protects : s->why);
		if (s->required && !s->present)
			missing++;
	}
	if (missing > 0)
		printf("  Runs are refused here unless told --allow-weak-jail.\n");
	return missing;
}

static int check_kernel(void)
{
	cleanup(vm_kernel_freep) struct vm_kernel *k = NULL;
	struct error err;
	char text[128];

	printf("Guest kernel\n");
	if (vm_kernel_open(NULL, &k, &err) < 0) {
		print_line(false, true, "kernel", err.text);
		return 1;
	}
	snprintf(text, sizeof text, "Linux %s for User-Mode Linux", vm_kernel_version(k));
	print_line(true, true, "kernel", text);
	print_line(vm_kernel_has(k, "lockdown"), false, "lockdown",
		"the kernel process narrows its own system calls once it is up");
	return 0;
}

static int check_images(void)
{
	cleanup_free char *store = image_store_path(NULL);
	struct image **images = NULL;
	struct error err = { "no $HOME" };
	size_t n = 0;

	printf("Images\n");
	if (!store || image_list(store, &images, &n, &err) < 0) {
		print_line(false, true, "images", err.text);
		return 1;
	}
	for (size_t i = 0; i < n; i++) {
		print_line(true, true, images[i]->name, images[i]->title ? images[i]->title : "");
		image_free(images[i]);
	}
	free(images);
	if (n == 0)
		print_line(false, true, "images", "none ('pe image build gcc' builds one)");
	return n == 0;
}

int cmd_doctor(int argc, char **argv)
{
	int exit_code;

	int i = options_read(&doctor_command, argc, argv, NULL, &exit_code);
	if (i < 0)
		return exit_code;
	if (i < argc) {
		pe_say("doctor: takes no operands, not '%s'", argv[i]);
		return PE_EXIT_USAGE;
	}
	int missing = check_jail();
	missing += check_kernel();
	missing += check_images();
	return missing > 0 ? 1 : 0;
}
