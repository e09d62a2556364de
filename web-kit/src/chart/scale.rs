//! Round steps for an axis that begins at zero, five lines at most.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    step: f64,
    count: u32,
}

impl Scale {
    /// The smallest of 1, 2, 5 × 10ⁿ steps that reaches `top` in four or fewer; `top` is more than zero.
    pub fn from_zero(top: f64) -> Self {
        // Thousandths are the finest that anybody counts here.
        let top = top.max(0.001);
        let mut power = if top < 1.0 { 0.001 } else { 1.0 };
        while power * 50.0 < top {
            power *= 10.0;
        }
        let step = [1.0, 2.0, 5.0, 10.0, 20.0]
            .into_iter()
            .map(|step| step * power)
            .find(|step| step * 4.0 >= top)
            .unwrap_or(power * 50.0);
        Self { step, count: (top / step).ceil() as u32 }
    }

    /// 0 at the foot, 1 at the top.
    pub fn part(self, value: f64) -> f64 {
        (value / (self.step * f64::from(self.count))).clamp(0.0, 1.0)
    }

    pub fn steps(self) -> impl Iterator<Item = f64> {
        (0..=self.count).map(move |step| f64::from(step) * self.step)
    }
}

/// Every how many points a label of at most `longest` letters fits, when each point has `slot` pixels.
pub(super) fn label_step(points: usize, slot: f64, longest: usize) -> usize {
    let label = 46.0_f64.max(12.0 + 6.5 * longest as f64);
    ((label / slot).ceil() as usize).clamp(1, points.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_steps_and_at_most_five_lines() {
        for (top, last) in [(1.0, 1.0), (3.0, 3.0), (7.0, 8.0), (42.0, 60.0), (1_000.0, 1_000.0), (186_432.0, 200_000.0)] {
            let scale = Scale::from_zero(top);
            let steps: Vec<_> = scale.steps().collect();
            assert_eq!(steps.last().copied(), Some(last), "{top}");
            assert!(steps.len() <= 5, "{top}: {steps:?}");
        }
        let fine: Vec<_> = Scale::from_zero(0.3).steps().map(|step| format!("{step:.2}")).collect();
        assert_eq!(fine, ["0.00", "0.10", "0.20", "0.30"]);
        assert!((Scale::from_zero(7.0).part(4.0) - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn labels_thin_out() {
        assert_eq!(label_step(4, 120.0, 5), 1);
        assert_eq!(label_step(26, 20.0, 5), 3);
        assert_eq!(label_step(26, 20.0, 11), 5);
        assert_eq!(label_step(0, f64::INFINITY, 0), 1);
    }
}
