//! Whether a model works where it will score. What a trial finds depends on the machine and its
//! clock, so it is made in the training's effect and recorded with its result, never repeated.

/// What a trial found. The same words in every run of the same model on the same engine, unless
/// something is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tried {
    /// In a sentence.
    pub said: String,
    /// Why the model may not be promoted, each with what would settle it.
    pub problems: Vec<String>,
}

/// Tries models out before they are judged.
pub trait Trial: Send + Sync {
    /// Tries the model with these ONNX bytes.
    fn tried(&self, onnx: &[u8]) -> Tried;
}

/// Tries nothing: where a model scores on candle, which trained and judges it.
pub struct Untried;

impl Trial for Untried {
    fn tried(&self, _: &[u8]) -> Tried {
        Tried { said: "not tried on another engine".to_owned(), problems: Vec::new() }
    }
}
