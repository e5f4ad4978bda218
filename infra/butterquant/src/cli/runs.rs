//! Arguments of the verbs that run the loop.

use clap::Args;
use schemas::Day;
use std::path::PathBuf;

/// The simulated run.
#[derive(Args, Debug)]
pub(crate) struct DemoArgs {
    /// Seed of the market and of the training
    #[arg(long, default_value_t = 5)]
    pub seed: u64,
    /// Trading days to run
    #[arg(long, default_value_t = 40)]
    pub days: u32,
    /// Rows of history the first model is trained on
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Stocks of the simulated market
    #[arg(long, default_value_t = 100)]
    pub stocks: u32,
    /// Leave the planted structure out: there is then nothing to learn
    #[arg(long)]
    pub no_structure: bool,
}

/// A scan.
#[derive(Args, Debug)]
pub(crate) struct ScanArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// The day to scan (default: the market's last day)
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Day>,
    /// Candidates to show
    #[arg(long, default_value_t = 100)]
    pub top: usize,
    /// Only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
    /// Where to write the rankings (default: rankings_combined.json in the run's folder)
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// A live run.
#[derive(Args, Debug)]
pub(crate) struct UpArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan when the run begins (default: the market's last day)
    #[arg(long, value_name = "DATE")]
    pub from: Option<Day>,
    /// Rows of history to train a first model on when the run begins
    #[arg(long, default_value_t = 0)]
    pub history: usize,
    /// Stop once this day, or the market's last one before it, is closed by every role
    #[arg(long, value_name = "DATE")]
    pub until: Option<Day>,
}

/// Some roles.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// source, scanner, scorer, labeler, executor, broker, retrainer, materializer
    #[arg(required = true)]
    pub roles: Vec<schemas::role::Role>,
    /// The market, for the source: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// Instances of each role by partition
    #[arg(long, default_value_t = 1)]
    pub instances: u32,
    /// What this process is called among those that run the same roles; it has a state folder
    /// of its own (default: made from the host's name and that folder's path)
    #[arg(long)]
    pub name: Option<String>,
    /// Events an instance takes in a second, at most
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
}

/// A paper broker.
#[derive(Args, Debug)]
pub(crate) struct PaperBrokerArgs {
    /// Address, on this machine only
    #[arg(long, default_value = "127.0.0.1:4002", value_name = "HOST:PORT")]
    pub listen: String,
    /// Folder of its journal: every order it accepted, kept before it answers
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Misbehave: late:MS, never, hang[:MS], refuse or lose, of a share (,share:0.3,seed:7) or of
    /// some orders (,order:3,order:5)
    #[arg(long, value_name = "FAILURE")]
    pub fail: Vec<venues::paper::failure::Failure>,
}

/// A backtest.
#[derive(Args, Debug)]
pub(crate) struct BacktestArgs {
    /// The market: csv:DIR or sim:SEED
    #[arg(long)]
    pub source: Option<String>,
    /// First day to scan
    #[arg(long, value_name = "DATE")]
    pub from: Day,
    /// Last day
    #[arg(long, value_name = "DATE")]
    pub to: Day,
    /// Rows of history the first model is trained on; 0 begins without a model
    #[arg(long, default_value_t = 7_000)]
    pub history: usize,
    /// Only these tickers, separated by commas
    #[arg(long, value_delimiter = ',')]
    pub tickers: Option<Vec<String>>,
}
