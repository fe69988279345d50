/* SPDX-License-Identifier: MIT */
/*
 * A VM: one guest kernel that runs one init to its end.
 *
 * An engine is a table of functions; `uml` is one. A VM is started with disks, memory and a CPU and
 * from then on known by a descriptor, which becomes readable when it has ended: put it into any
 * event loop, then call vm_status(); or block in vm_wait(). What the guest has to say is on its
 * output disk. A guest that has powered off has ended, though the host may still be clearing its
 * processes away, and one that lies may still run: who needs more than that it has said its last
 * word calls end(). vm_free() ends it in whatever state it is; its host processes and memory are
 * gone when vm_free() returns, and also when the caller dies.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

struct vm;
struct vm_kernel;

struct vm_disk {
	int fd; /* a file whose size is a multiple of 512 bytes */
	bool writable;
};

/* The order of disks that init expects; those behind the third are data of the image. */
enum vm_disk_place { VM_IMAGE_DISK, VM_INPUT_DISK, VM_OUTPUT_DISK, VM_DATA_DISK };

enum { VM_DISKS_MAX = 12, VM_CONSOLE_BYTES = 64 << 10 };

struct vm_spec {
	const struct vm_kernel *kernel;
	const struct vm_disk
		*disks; /* the guest's disk A, B, C, ...; descriptors are borrowed for the call */
	size_t n_disks;
	struct span init; /* the guest's /init: a static executable */
	uint64_t ram_bytes;
	uint64_t processes;   /* guest processes at the same time */
	uint64_t cpu_seconds; /* processor time of one of its host processes */
	int cpu;              /* host CPU to run on; -1 for any */
	bool weak_jail;
	const char *image; /* its name, for who makes a template; may be NULL */
};

/* How many host processes a VM of this kind may be. */
uint64_t vm_host_processes(const struct vm_spec *spec);

/* How much memory its host processes may have together. */
uint64_t vm_host_bytes(const struct vm_spec *spec);

struct vm_engine {
	const char *name;
	int (*start)(const struct vm_spec *spec, struct vm **ret, struct error *err);
	/* What of its confinement takes so long that it is only done for a VM that has run for a
	 * while. */
	void (*settle)(struct vm *vm);
	int (*event_fd)(const struct vm *vm);
	int (*status)(struct vm *vm, int *ret_code);
	/* Kills what is left of it, and waits until that is gone. */
	void (*end)(struct vm *vm);
	/* What the guest kernel and init said; ends in NUL, borrowed until the VM is freed. */
	const char *(*console)(struct vm *vm);
	void (*free)(struct vm *vm); /* accepts NULL */
};

extern const struct vm_engine vm_engine_uml;

/* Waits until the VM has ended. 0, -ETIME after @timeout_ms, or -ECANCELED when @cancel_fd (-1 for
 * none) can be read. */
int vm_wait(const struct vm_engine *engine, struct vm *vm, int cancel_fd, uint64_t timeout_ms);

/*
 * A guest kernel as kernel/build makes it: a directory with `linux` and `features`. @dir NULL:
 * $PE_KERNEL, else
 * ${XDG_CACHE_HOME:-~/.cache}/program-explorer/kernel/current. -ENOENT says how to build one.
 */
int vm_kernel_open(const char *dir, struct vm_kernel **ret, struct error *err);
const char *vm_kernel_version(const struct vm_kernel *k);
bool vm_kernel_has(const struct vm_kernel *k, const char *feature);
int vm_kernel_fd(const struct vm_kernel *k);
void vm_kernel_free(struct vm_kernel *k);
void vm_kernel_freep(struct vm_kernel **k);
