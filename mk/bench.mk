# SPDX-License-Identifier: MIT
# Measurements that need no VM.

$(O)/bench/parts: $(O)/bench/parts.o $(O)/libpe.a
	$(CC) -pie $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

.PHONY: bench-parts
bench-parts: ## what key, cache, queue and counters cost for each request
	@scripts/setup run
	@$(MAKE) -s $(O)/bench/parts
	@$(O)/bench/parts

-include $(O)/bench/parts.d

# The engine by itself, from the call to the parsed result.
$(O)/bench-engine: $(O)/bench/engine.o $(O)/init-image.o $(O)/libpe.a
	$(CC) $(STATIC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) 2>$@.warnings || { cat $@.warnings >&2; exit 1; }

-include $(O)/bench/engine.d
