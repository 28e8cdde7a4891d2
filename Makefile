# What there is to run. `make test` is all that CI runs.

CARGO ?= cargo
# nextest gives every test a process of its own; without it cargo's own runner does.
RUN_TESTS := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo "nextest run" || echo "test")

.PHONY: test tools lint unit loom demo bench-proxy bench-decide bench-learn bench-kinds bench-sim bench-tail wire-rivals docs

test: tools lint loom unit

# Debian packages and Python peers that only tests need.
tools:
	ci/test-tools.sh

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --quiet -- -D warnings

unit:
	$(CARGO) $(RUN_TESTS) --workspace

# Every interleaving of the shared counters.
loom:
	RUSTFLAGS="--cfg loom" $(CARGO) test -p outrider-pilot --lib --release --target-dir target/loom loom

demo:
	$(CARGO) run --release -- demo

# CPU time per forwarded request beside NGINX and HAProxy, added latency, memory at 10,000 connections; with STRATEGY=NAME that
# strategy's beside p2c's.
bench-proxy: tools
	$(CARGO) build --release
	$(CARGO) bench -p outrider-lab --bench proxy -- $(if $(STRATEGY),--strategy $(STRATEGY)) $(ARGS)

# What a decision costs: nanoseconds and allocations per pick.
bench-decide:
	$(CARGO) bench -p outrider-pilot --bench pick -- $(ARGS)

# Training trees beside LightGBM and XGBoost: wall, CPU, error, memory; and what a prediction costs.
bench-learn: tools
	$(CARGO) bench -p outrider-train --bench learn -- $(ARGS)

# Every kind of model on the same rows: training, size, load, and what a prediction costs.
bench-kinds:
	$(CARGO) bench -p outrider-train --bench kinds -- $(ARGS)

# The simulator beside queueing theory; every rule, on several fleets, beside those that know everything.
bench-sim:
	$(CARGO) run --release -p outrider-sim --example truth
	$(CARGO) run --release -- simulate $(or $(ARGS),uneven-mixed)

# The tail of predictive on real sockets beside our rules, HAProxy and NGINX.
bench-tail: tools
	$(CARGO) run --release -- lab run tail $(ARGS)

# The table of hostile requests, replayed against NGINX and HAProxy.
wire-rivals: tools
	OUTRIDER_WIRE_RIVALS=1 $(CARGO) test -p outrider --test wire -- --nocapture

# Regenerates the reference pages from the one file of keys and the one file of metric names.
docs:
	OUTRIDER_REGENERATE=1 $(CARGO) test -p outrider -p outrider-admin --quiet reference
