#!/bin/sh
# Training steps and inference batches of five networks beside PyTorch's (allocator tuned), alternated:
#   [ROUNDS=3] docs/bench/torch_steps.sh target/release/cistron PYTHON PEERS CORES
# PYTHON has torch; PEERS holds compare.py and torch_step.py; CORES is a taskset list such as 0 or 0,1. A ratio above 1 means that cistron is
# faster; peak memory follows from a run of its own.
cistron=$1 python=$2 peers=$3 cores=$4
threads=$(echo "$cores" | tr ',' '\n' | wc -l)
tuned="env MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456"
for network in basset bpnet dream-cnn dream-rnn residualbind; do
    for mode in infer train; do
        iters=3
        [ $network = residualbind ] && iters=1
        ours="taskset -c $cores $cistron bench step --network $network --mode $mode --threads $threads --iters $iters"
        theirs="$tuned taskset -c $cores $python $peers/torch_step.py $network $mode --threads $threads --iters $iters"
        echo "$network $mode $($python "$peers/compare.py" --rounds ${ROUNDS:-3} --a "$ours" --b "$theirs")" \
            "$($ours | grep -o '"peak_mb":[0-9]*') torch $($theirs | grep -o '"peak_mb": [0-9]*')"
    done
done
