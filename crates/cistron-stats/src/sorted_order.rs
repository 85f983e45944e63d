/// The bits of a float as an integer of the same order; −0 and +0 are one.
#[inline(always)]
pub(crate) fn ordered_bits(value: f32) -> u32 {
    let bits = (value + 0.0).to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 }
}

/// Below this a comparison sort wins.
const SMALL: usize = 128;

/// Indices of the values by rising value, equal values in their given order. Fewer than 2^32 values, none NaN.
///
/// A radix sort by bytes that leaves out the bytes that all keys share, as the lower half of counts does: ranks are asked for
/// every window of every task.
pub(crate) fn sorted_order(values: &[f32]) -> Vec<u32> {
    // Key above, index below.
    let mut keys: Vec<u64> =
        values.iter().zip(0u64..).map(|(value, index)| u64::from(ordered_bits(*value)) << 32 | index).collect();
    if keys.len() < SMALL {
        keys.sort_unstable();
    } else {
        let mut counts = [[0u32; 256]; 4];
        for key in &keys {
            for (byte, counts) in counts.iter_mut().enumerate() {
                counts[(key >> (32 + 8 * byte)) as usize & 255] += 1;
            }
        }
        let mut other = vec![0u64; keys.len()];
        for (byte, counts) in counts.iter_mut().enumerate() {
            if counts.iter().any(|count| *count as usize == keys.len()) {
                continue;
            }
            let mut start = 0;
            for count in counts.iter_mut() {
                start += std::mem::replace(count, start);
            }
            for key in &keys {
                let place = &mut counts[(key >> (32 + 8 * byte)) as usize & 255];
                other[*place as usize] = *key;
                *place += 1;
            }
            std::mem::swap(&mut keys, &mut other);
        }
    }
    keys.into_iter().map(|key| key as u32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sorts_like_a_stable_sort(
            mut values in prop::collection::vec(prop_oneof![-1e9f32..1e9, 0f32..2.0, Just(-0.0f32), Just(f32::INFINITY)], 0..600),
            counts in any::<bool>(),
        ) {
            if counts {
                values.iter_mut().for_each(|v| *v = v.abs().floor().min(300.0));
            }
            let mut expected: Vec<u32> = (0..values.len() as u32).collect();
            expected.sort_by(|a, b| values[*a as usize].partial_cmp(&values[*b as usize]).unwrap());
            prop_assert_eq!(sorted_order(&values), expected);
        }
    }
}
