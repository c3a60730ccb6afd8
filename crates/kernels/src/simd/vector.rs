//! The operations on a register of lanes that the generic bodies are written with.

/// Lanes of the narrower vectors; channel counts are padded to a multiple of it inside the engines.
pub(crate) const LANES: usize = 8;

/// `n` rounded up to a multiple of [`LANES`].
pub(crate) const fn padded(n: usize) -> usize {
    n.div_ceil(LANES) * LANES
}

/// Some `f32` lanes in a register.
///
/// # Safety
/// Implementations may use instructions beyond the baseline, so every method must be reached only through
/// a function that enables them (see `simd_fn!`); `load` and `store` need [`Self::LANES`] valid elements at the pointer.
pub(crate) trait Vector: Copy {
    /// Lanes, 8 or 16.
    const LANES: usize;
    /// Eight lanes, for what is left of a row that is not a multiple of sixteen.
    type Half: Vector;

    /// All lanes `value`.
    unsafe fn splat(value: f32) -> Self;
    /// The elements at `from`.
    unsafe fn load(from: *const f32) -> Self;
    /// Writes the lanes to `to`.
    unsafe fn store(self, to: *mut f32);
    /// `self + other`, lane by lane.
    unsafe fn add(self, other: Self) -> Self;
    /// `self - other`, lane by lane.
    unsafe fn sub(self, other: Self) -> Self;
    /// `self * other`, lane by lane.
    unsafe fn mul(self, other: Self) -> Self;
    /// `self + a * b`, lane by lane, fused where the instruction set can.
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    /// `max(0, self)`, lane by lane; NaN stays NaN.
    unsafe fn relu(self) -> Self;
    /// The lanes whose counterpart in `of` is positive; zero elsewhere.
    unsafe fn where_positive(self, of: Self) -> Self;
    /// The sum of the lanes, in an order of the instruction set's own.
    unsafe fn sum(self) -> f32;
}
