//! Copies of weights with both channel counts padded to whole vectors, and their transposes.

/// Copies `[taps, rows, columns]` into `[taps, padded rows, padded columns]`; what lies outside stays zero.
pub(crate) fn pack(from: &[f32], shape: [usize; 3], padded: [usize; 2], to: &mut [f32]) {
    let [taps, rows, columns] = shape;
    for tap in 0..taps {
        for row in 0..rows {
            let start = (tap * rows + row) * columns;
            let target = (tap * padded[0] + row) * padded[1];
            to[target..target + columns].copy_from_slice(&from[start..start + columns]);
        }
    }
}

/// Copies `[taps, rows, columns]` into `[taps reversed, padded columns, padded rows]`: the weight that takes a gradient
/// with respect to the output back to the input.
pub(crate) fn pack_transposed(from: &[f32], shape: [usize; 3], padded: [usize; 2], to: &mut [f32]) {
    let [taps, rows, columns] = shape;
    for tap in 0..taps {
        for row in 0..rows {
            for column in 0..columns {
                let target = ((taps - 1 - tap) * padded[1] + column) * padded[0] + row;
                to[target] = from[(tap * rows + row) * columns + column];
            }
        }
    }
}

/// Adds the part of `[taps, padded rows, padded columns]` that is not padding to `[taps, rows, columns]`.
pub(crate) fn unpack_add(from: &[f32], shape: [usize; 3], padded: [usize; 2], to: &mut [f32]) {
    let [taps, rows, columns] = shape;
    for tap in 0..taps {
        for row in 0..rows {
            let start = (tap * padded[0] + row) * padded[1];
            let target = (tap * rows + row) * columns;
            for (to, from) in to[target..target + columns]
                .iter_mut()
                .zip(&from[start..start + columns])
            {
                *to += from;
            }
        }
    }
}
