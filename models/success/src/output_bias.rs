//! The biases that make mean probabilities equal to class shares: the maximum of the likelihood over the
//! biases alone, by Newton's method.

use schemas::contract::CLASSES;

/// Free biases: that of the last class stays 0, because adding one number to all changes nothing.
const FREE: usize = CLASSES - 1;

/// What to add to the logits of rows with these probabilities, classes and weights. Every class must occur: the bias
/// of one that does not has no maximum.
pub(crate) fn fitted(
    probabilities: &[[f32; CLASSES]],
    classes: &[u8],
    weights: &[f64],
) -> [f64; CLASSES] {
    let mut bias = [0.0; CLASSES];
    for _ in 0..20 {
        let (gradient, hessian) = derivatives(&bias, probabilities, classes, weights);
        let Some(step) = solved(hessian, gradient) else { break };
        // Far from the maximum a whole step may overshoot it.
        bias.iter_mut().zip(step).for_each(|(bias, step)| *bias -= step.clamp(-1.0, 1.0));
        if step.iter().all(|step| step.abs() < 1e-9) {
            break;
        }
    }
    bias
}

fn derivatives(
    bias: &[f64; CLASSES],
    probabilities: &[[f32; CLASSES]],
    classes: &[u8],
    weights: &[f64],
) -> ([f64; FREE], [[f64; FREE]; FREE]) {
    let (mut gradient, mut hessian) = ([0.0; FREE], [[0.0; FREE]; FREE]);
    let factor = bias.map(f64::exp);
    for ((p, class), weight) in probabilities.iter().zip(classes).zip(weights) {
        let mut p: [f64; CLASSES] = std::array::from_fn(|c| f64::from(p[c]) * factor[c]);
        let total: f64 = p.iter().sum();
        p.iter_mut().for_each(|p| *p /= total);
        for a in 0..FREE {
            gradient[a] += weight * (p[a] - f64::from(u8::from(usize::from(*class) == a)));
            for b in 0..FREE {
                hessian[a][b] += weight * p[a] * (f64::from(u8::from(a == b)) - p[b]);
            }
        }
    }
    (gradient, hessian)
}

/// Gaussian elimination; none if the matrix is singular. It is symmetric and positive definite otherwise, so no
/// row is exchanged.
fn solved(mut a: [[f64; FREE]; FREE], mut b: [f64; FREE]) -> Option<[f64; FREE]> {
    for pivot in 0..FREE {
        if a[pivot][pivot].is_nan() || a[pivot][pivot] <= 0.0 {
            return None;
        }
        for row in pivot + 1..FREE {
            let (line, factor) = (a[pivot], a[row][pivot] / a[pivot][pivot]);
            a[row].iter_mut().zip(line).for_each(|(value, above)| *value -= factor * above);
            b[row] -= factor * b[pivot];
        }
    }
    for row in (0..FREE).rev() {
        let known: f64 = (row + 1..FREE).map(|column| a[row][column] * b[column]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    Some(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_probabilities_become_the_class_shares() {
        let p = |i: usize| {
            let lean = (i * 7 % 13) as f32 / 26.0;
            [0.7 - lean, 0.1, 0.05, 0.15 + lean]
        };
        let (p, classes): (Vec<_>, Vec<u8>) =
            (0..400).map(|i| (p(i), ((i * i + i / 7) % 4) as u8)).unzip();
        let weights: Vec<f64> = (0..400).map(|i| f64::from(1 + i % 3)).collect();
        let bias = fitted(&p, &classes, &weights);
        let (gradient, _) = derivatives(&bias, &p, &classes, &weights);
        assert!(gradient.iter().all(|off| off.abs() < 1e-6), "{gradient:?}");
        assert!(bias[1] > 0.1 && bias[3] == 0.0, "{bias:?}");
    }
}
