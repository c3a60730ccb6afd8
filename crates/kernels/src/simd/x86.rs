//! The vectors in one 256-bit register and in one 512-bit register, with fused multiply-add.

use std::arch::x86_64::*;

use super::Vector;

/// Eight lanes.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(__m256);

/// Sixteen lanes.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(__m512);

/// The operations that are one intrinsic of the same form in either instruction set.
macro_rules! operations {
    ($splat:ident, $load:ident, $store:ident, $add:ident, $sub:ident, $mul:ident, $fmadd:ident, $max:ident, $zero:ident) => {
        #[inline(always)]
        unsafe fn splat(value: f32) -> Self {
            // SAFETY: reached only where the instruction set is enabled (contract of `Vector`).
            Self(unsafe { $splat(value) })
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: as above, and the caller promises that many valid elements.
            Self(unsafe { $load(from) })
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: as above, and the caller promises room for the elements.
            unsafe { $store(to, self.0) }
        }

        #[inline(always)]
        unsafe fn add(self, other: Self) -> Self {
            // SAFETY: reached only where the instruction set is enabled (contract of `Vector`).
            Self(unsafe { $add(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn sub(self, other: Self) -> Self {
            // SAFETY: reached only where the instruction set is enabled (contract of `Vector`).
            Self(unsafe { $sub(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn mul(self, other: Self) -> Self {
            // SAFETY: reached only where the instruction set is enabled (contract of `Vector`).
            Self(unsafe { $mul(self.0, other.0) })
        }

        #[inline(always)]
        unsafe fn add_product(self, a: Self, b: Self) -> Self {
            // SAFETY: reached only where the instruction set, with FMA, is enabled (contract of `Vector`).
            Self(unsafe { $fmadd(a.0, b.0, self.0) })
        }

        #[inline(always)]
        unsafe fn relu(self) -> Self {
            // SAFETY: reached only where the instruction set is enabled. The instruction returns its second operand when
            // one is NaN.
            Self(unsafe { $max($zero(), self.0) })
        }
    };
}

impl Vector for Avx2 {
    const LANES: usize = 8;
    type Half = Self;

    operations! {
        _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps, _mm256_mul_ps, _mm256_fmadd_ps,
        _mm256_max_ps, _mm256_setzero_ps
    }

    #[inline(always)]
    unsafe fn where_positive(self, of: Self) -> Self {
        // SAFETY: reached only where AVX2 is enabled (contract of `Vector`).
        Self(unsafe { _mm256_and_ps(self.0, _mm256_cmp_ps::<_CMP_GT_OQ>(of.0, _mm256_setzero_ps())) })
    }

    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: reached only where AVX2 is enabled (contract of `Vector`).
        unsafe {
            let half = _mm_add_ps(_mm256_castps256_ps128(self.0), _mm256_extractf128_ps::<1>(self.0));
            let pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)))
        }
    }
}

impl Vector for Avx512 {
    const LANES: usize = 16;
    type Half = Avx2;

    operations! {
        _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps, _mm512_mul_ps, _mm512_fmadd_ps,
        _mm512_max_ps, _mm512_setzero_ps
    }

    #[inline(always)]
    unsafe fn where_positive(self, of: Self) -> Self {
        // SAFETY: reached only where AVX-512 is enabled (contract of `Vector`).
        Self(unsafe { _mm512_maskz_mov_ps(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(of.0, _mm512_setzero_ps()), self.0) })
    }

    #[inline(always)]
    unsafe fn sum(self) -> f32 {
        // SAFETY: reached only where AVX-512 is enabled (contract of `Vector`).
        unsafe { _mm512_reduce_add_ps(self.0) }
    }
}
