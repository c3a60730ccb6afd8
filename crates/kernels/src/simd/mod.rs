//! Vectors of eight or sixteen lanes, and the choice of an instruction set at run time.
//!
//! Layers: a safe function with checked slices, a generic body over [`Vector`], an instantiation for each
//! instruction set behind `#[target_feature]`. The `simd_fn!` macro writes the last layer. The portable
//! instantiation always exists and is the oracle of the others.

mod portable;
mod prefetch;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use portable::Portable;
pub(crate) use prefetch::{IsaCtx, Prefetch, chunk};
pub(crate) use vector::{LANES, Vector, padded};
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

/// An instruction set that this CPU has been found to support.
///
/// The only ways to obtain one are [`Isa::detect`], [`Isa::portable`] and [`Isa::available`], so that holding the value
/// proves that its instructions may be executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2Fma,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// The fastest instruction set of this CPU.
    pub fn detect() -> Self {
        Self::available().pop().unwrap_or_else(Self::portable)
    }

    /// Plain Rust, on any CPU.
    pub fn portable() -> Self {
        Self(Kind::Portable)
    }

    /// All that this CPU supports, slowest first.
    pub fn available() -> Vec<Self> {
        let mut found = vec![Self::portable()];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            found.push(Self(Kind::Avx2Fma));
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                found.push(Self(Kind::Avx512));
            }
        }
        found
    }

    /// `portable`, `avx2+fma` or `avx512`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2Fma => "avx2+fma",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    pub(crate) fn kind(self) -> Kind {
        self.0
    }
}

/// Defines `fn name(isa: Isa, args…)`, which runs a body with the instructions of that set enabled: `= body` for one that
/// is generic over the vector, `= plain body` for safe loops that the compiler turns into vectors by itself.
macro_rules! simd_fn {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) = plain $body:ident) => {
        simd_fn! { @define [$(#[$meta])* $vis] $name ($($arg: $type),*) { $body } { $body } { $body } }
    };
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) = $body:ident) => {
        simd_fn! {
            @define [$(#[$meta])* $vis] $name ($($arg: $type),*)
            { $body::<crate::simd::Portable> } { $body::<crate::simd::Avx2> } { $body::<crate::simd::Avx512> }
        }
    };
    (
        @define [$($head:tt)*] $name:ident ($($arg:ident: $type:ty),*)
        { $($portable:tt)* } { $($avx2:tt)* } { $($avx512:tt)* }
    ) => {
        $($head)* fn $name(isa: crate::simd::Isa, $($arg: $type),*) {
            match isa.kind() {
                crate::simd::Kind::Portable => $($portable)*($($arg),*),
                #[cfg(target_arch = "x86_64")]
                crate::simd::Kind::Avx2Fma => {
                    #[target_feature(enable = "avx2,fma")]
                    fn instantiated($($arg: $type),*) {
                        $($avx2)*($($arg),*);
                    }
                    // SAFETY: an `Isa` of this kind exists only after AVX2 and FMA were detected.
                    unsafe { instantiated($($arg),*) }
                }
                #[cfg(target_arch = "x86_64")]
                crate::simd::Kind::Avx512 => {
                    #[target_feature(enable = "avx512f,avx512vl,avx2,fma")]
                    fn instantiated($($arg: $type),*) {
                        $($avx512)*($($arg),*);
                    }
                    // SAFETY: an `Isa` of this kind exists only after AVX-512F and VL, AVX2 and FMA were detected.
                    unsafe { instantiated($($arg),*) }
                }
            }
        }
    };
}
pub(crate) use simd_fn;
