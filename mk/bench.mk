# SPDX-License-Identifier: MIT
# The engine by itself, for measuring.

$(O)/bench-engine: $(O)/bench/engine.o $(O)/init-image.o $(O)/libpe.a
	$(CC) $(STATIC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) 2>$@.warnings || { cat $@.warnings >&2; exit 1; }
