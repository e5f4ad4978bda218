//! Dead letters as people look at them: counted, listed, and each in full with the event in its bytes.

mod listing;
mod shown;
mod state;

pub use listing::{LetterCount, LetterLine, LettersWanted, ListedLetters, list};
pub use shown::{LetterHeader, SettledAs, ShownLetter, letter};
pub use state::DeadLetterState;
