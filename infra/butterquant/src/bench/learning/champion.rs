//! Which model is in force: one that passed the gate is watched, and becomes champion after the shadow days.

use std::rc::Rc;
use success::Rivals;

/// A model of the walk.
pub(super) struct Model {
    pub onnx: Vec<u8>,
    pub rivals: Rc<Rivals>,
}

/// The champion, the one before it and the challenger.
#[derive(Default)]
pub(super) struct Champions {
    pub champion: Option<Model>,
    pub before: Option<Model>,
    /// With the scan days on which it has been watched.
    watched: Option<(Model, i64)>,
}

impl Champions {
    /// Whether a challenger is watched; meanwhile no training begins.
    pub(super) fn watches(&self) -> bool {
        self.watched.is_some()
    }

    /// `model` passed the gate at the close of a day, and is watched from the next.
    pub(super) fn watch(&mut self, model: Model) {
        self.watched = Some((model, 0));
    }

    /// A scan day closes; whether a challenger becomes champion, in force from the next.
    pub(super) fn close_day(&mut self, shadow_days: i64) -> bool {
        let Some((model, days)) = self.watched.take() else { return false };
        if days + 1 < shadow_days {
            self.watched = Some((model, days + 1));
            return false;
        }
        self.before = self.champion.replace(model);
        true
    }
}
