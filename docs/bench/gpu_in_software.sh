#!/usr/bin/env bash
# The tests of the gpu feature on a software adapter of Vulkan (Mesa's llvmpipe; Debian: mesa-vulkan-drivers 25.0.7 from
# bookworm-backports, libvulkan1), for machines without a GPU:
#   docs/bench/gpu_in_software.sh
# cubecl-spirv 0.11.3 declares shared memory as a pointer to a pointer where the adapter lacks
# VK_KHR_workgroup_memory_explicit_layout, as llvmpipe does and current drivers of GPUs do not; Mesa crashes on it. So the tests
# are built with a copy in which the two types are exchanged. Cargo.lock is put back.
set -euo pipefail
cd "$(dirname "$0")/../.."
source=$(find "${CARGO_HOME:-$HOME/.cargo}"/registry/src -maxdepth 2 -name cubecl-spirv-0.11.3 | head -n 1)
[ -n "$source" ] || { echo "cubecl-spirv 0.11.3 is not among the registry's sources: run cargo fetch; where Cargo.lock has another version, see whether it still needs this" >&2; exit 2; }
# Kept, so that the next run builds nothing.
work=${CARGO_TARGET_DIR:-target}/gpu_in_software
mkdir -p "$work"
work=$(cd "$work" && pwd)
memory=src/ops/memory.rs
if [ ! -d "$work/cubecl-spirv" ]; then
    rm -rf "$work/new"
    cp -r "$source" "$work/new"
    implicit='/^fn lower_shared_implicit/,/^}/'
    sed -i "$implicit s/GlobalVariableOp::new(ctx, value_ty,/GlobalVariableOp::new(ctx, ty,/; $implicit s/AddressOfOp::new(ctx, ty,/AddressOfOp::new(ctx, value_ty,/" "$work/new/$memory"
    [ "$(diff "$source/$memory" "$work/new/$memory" | grep -c '^>')" = 2 ] || { echo "cubecl-spirv is not as expected: $source" >&2; exit 2; }
    mv "$work/new" "$work/cubecl-spirv"
fi
cp Cargo.lock "$work/"
trap 'cp "$work/Cargo.lock" Cargo.lock' EXIT
CISTRON_SOFTWARE_GPU=1 cargo test --offline --config "patch.crates-io.cubecl-spirv.path=\"$work/cubecl-spirv\"" \
    -p cistron-nn --features gpu --lib gpu -- --nocapture --test-threads=1
