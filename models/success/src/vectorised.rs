//! Plain loops, compiled for the vector units of the machine they run on.
//!
//! The program is built for the oldest processors of its kind; these loops are compiled a second time for
//! AVX2. Both do the same additions and products in the same order and never fuse the two, so the bits are
//! the same on either.

/// Loops, with what they run over. `call` and what it calls must be inlined (`#[inline(always)]`), or the
/// narrow build of them is called; a closure does not do for that reason.
pub(crate) use pulp::NullaryFnOnce as Loops;

/// Runs `loops`, with the wide registers if this processor has them.
#[inline(always)]
pub(crate) fn vectorised<L: Loops>(loops: L) -> L::Output {
    pulp::Arch::new().dispatch(loops)
}
