//! Adam with decoupled weight decay (Loshchilov and Hutter 2019), as plain arithmetic.

use crate::vectorised::{Loops, vectorised};

/// The state of one variable.
pub(crate) struct AdamW {
    first: Vec<f32>,
    second: Vec<f32>,
}

/// What all variables of a step share.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// Its number, from 1.
    pub(crate) number: i32,
    /// Learning rate.
    pub(crate) rate: f64,
}

impl AdamW {
    /// Of a variable with `length` values.
    pub(crate) fn new(length: usize) -> AdamW {
        AdamW { first: vec![0.0; length], second: vec![0.0; length] }
    }

    /// Moves `values` against their gradient.
    pub(crate) fn step(&mut self, values: &mut [f32], gradient: &[f32], step: Step, decay: f64) {
        vectorised(Move { state: self, values, gradient, step, decay });
    }
}

struct Move<'a> {
    state: &'a mut AdamW,
    values: &'a mut [f32],
    gradient: &'a [f32],
    step: Step,
    decay: f64,
}

impl Loops for Move<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (one, two) = (0.9f32, 0.999f32);
        let rate = self.step.rate as f32;
        let shrink = 1.0 - rate * self.decay as f32;
        let (unbias1, unbias2) =
            (1.0 - one.powi(self.step.number), 1.0 - two.powi(self.step.number));
        let moments = self.state.first.iter_mut().zip(&mut self.state.second);
        for ((value, slope), (first, second)) in
            self.values.iter_mut().zip(self.gradient).zip(moments)
        {
            *first = one * *first + (1.0 - one) * slope;
            *second = two * *second + (1.0 - two) * slope * slope;
            let change = (*first / unbias1) / ((*second / unbias2).sqrt() + 1e-8);
            *value = *value * shrink - rate * change;
        }
    }
}
