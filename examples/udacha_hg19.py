"""Where variants of UDACHA's HepG2 table (hg38) lie in hg19, for those inside given pieces of hg19. Writes examples/udacha-hg19.tsv:

    python3 examples/udacha_hg19.py hg38ToHg19.over.chain.gz udacha_HepG2_atac_asa_hg38.tsv.gz ctcf_demo.fa.gz > examples/udacha-hg19.tsv

The chain is UCSC's (hg38ToHg19.over.chain.gz, 1,279,716 bytes); Python 3.10 or newer, no packages. A position takes the alignment of the highest
chain that covers it; positions that change strand or chromosome are left out.
"""

import bisect
import collections
import gzip
import re
import sys


def alignments(chain):
    """Ungapped alignments by chromosome: (start hg38, end hg38, start hg19, score of the chain)."""
    blocks = collections.defaultdict(list)
    kept = False
    for line in gzip.open(chain, "rt"):
        cells = line.split()
        if not cells:
            continue
        if cells[0] == "chain":
            score, contig, kept = int(cells[1]), cells[2], cells[2] == cells[7] and cells[9] == "+"
            here, there = int(cells[5]), int(cells[10])
            continue
        size = int(cells[0])
        if kept:
            blocks[contig].append((here, here + size, there, score))
        if len(cells) == 3:
            here, there = here + size + int(cells[1]), there + size + int(cells[2])
    return {contig: sorted(found) for contig, found in blocks.items()}


def lifted(blocks, position):
    """The 0-based position in hg19, if there is one. Chains overlap little: forty blocks before the position are enough."""
    last = bisect.bisect_right(blocks, position, key=lambda block: block[0])
    covering = [b for b in blocks[max(0, last - 40) : last] if b[0] <= position < b[1]]
    best = max(covering, key=lambda block: block[3], default=None)
    return None if best is None else best[2] + position - best[0]


def main():
    chain, table, fasta = sys.argv[1:]
    blocks = alignments(chain)
    pieces = collections.defaultdict(list)
    for line in gzip.open(fasta, "rt"):
        if place := re.match(r">(\w+):(\d+)-(\d+)", line):
            pieces[place[1]].append((int(place[2]), int(place[3])))
    pieces = {contig: sorted(of) for contig, of in pieces.items()}
    print("# Places of variants of UDACHA (HepG2, ATAC; via autosome-ru/human_legnet, MIT) in hg19, for those in CTCF peaks of")
    print("# DeepSTARR's demonstration data; 0-based. Made by examples/udacha_hg19.py with UCSC's chain hg38ToHg19.")
    print("chrom\tstart_hg38\tstart_hg19")
    for line in gzip.open(table, "rt"):
        contig, start = line.split("\t")[:2]
        if contig not in blocks:
            continue
        position = lifted(blocks[contig], int(start))
        if position is None:
            continue
        of = pieces.get(contig, [])
        before = bisect.bisect_right(of, position, key=lambda piece: piece[0])
        if any(a <= position < b for a, b in of[max(0, before - 5) : before]):
            print(contig, start, position, sep="\t")


main()
