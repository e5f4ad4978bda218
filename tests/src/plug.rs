//! A run that is killed again and again, at any moment, ends as an undisturbed one: the same bytes in every topic, and the
//! same in the views.

use crate::cli::{command, run};
use schemas::TradingCalendar;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const MARKET: &str = "sim:5,stocks=12,days=420,structure=on";
/// Forty days before that market's last.
const FROM: &str = "2016-06-20";
/// Verbs that read views.
const VIEWS: [&str; 6] = ["positions", "journal", "rankings", "quality", "model list", "status"];

/// Pulls the plug of runs on one home of the log.
pub struct Plug<'a> {
    /// The data folder of all runs.
    pub data: &'a Path,
    /// The options that name the home.
    pub home: String,
    /// What the names of its runs begin with.
    pub name: &'a str,
    /// Milliseconds that a process lives, at most: long enough for it to get somewhere.
    pub longest_ms: u64,
}

impl Plug<'_> {
    fn command(&self, words: &str, id: &str) -> Command {
        let (home, name) = (&self.home, self.name);
        command(self.data, &format!("{words} --run {name}{id} -o json {home}"))
    }

    fn up(&self, id: &str) -> Command {
        let market = producers::source::open(MARKET, None, TradingCalendar::None);
        let market = market.unwrap_or_else(|error| panic!("{error}"));
        let last = market.days()[market.days().len() - 1];
        self.command(&format!("up --source {MARKET} --from {FROM} --until {last}"), id)
    }

    /// What the run shows once it has ended.
    fn shown(&self, id: &str) -> Vec<Value> {
        let ended = crate::cli::finish(self.up(id)).json();
        let digests = ended["topics"].clone();
        assert!(digests.as_object().is_some_and(|topics| topics.len() > 10), "{digests}");
        let views = VIEWS.map(|verb| {
            let mut shown = crate::cli::finish(self.command(verb, id)).json();
            if let Some(shown) = shown.as_object_mut() {
                shown.retain(|name, _| name != "run" && name != "other_runs");
            }
            shown
        });
        [digests, ended["tracks"].clone()].into_iter().chain(views).collect()
    }

    /// Kills runs `kills` times in all, each until it has ended, and compares them with an undisturbed one.
    pub fn pulled(&self, kills: usize) {
        let alone = self.shown("alone");
        let mut struck = 0;
        // Moments drawn from a fixed seed; what happens at them is real.
        let mut seed = 7_u64;
        for round in 0.. {
            let id = format!("killed-{round}");
            while struck < kills {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let mut child = self
                    .up(&id)
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap_or_else(|error| panic!("{error}"));
                std::thread::sleep(Duration::from_millis(60 + (seed >> 33) % self.longest_ms));
                let over = child.try_wait().is_ok_and(|ended| ended.is_some());
                let _ = child.kill(); // it may have ended in between
                let _ = child.wait();
                if over {
                    break;
                }
                struck += 1;
            }
            let shown = self.shown(&id);
            let what = ["topics", "tracks"].into_iter().chain(VIEWS);
            for ((what, alone), killed) in what.zip(&alone).zip(&shown) {
                assert_eq!(killed, alone, "{id}: {what}, after {struck} kills");
            }
            for verb in ["replay --verify", "rebuild --all"] {
                let ran = crate::cli::finish(self.command(verb, &id));
                assert_eq!(ran.code, 0, "{id}: {verb}: {ran:?}");
            }
            if struck >= kills {
                return;
            }
            drop(run(self.data, &format!("runs remove {}{id} --yes {}", self.name, self.home)));
        }
    }
}

/// How often the plug is pulled: `BUTTERQUANT_KILLS`, or else `few`.
pub fn kills(few: usize) -> usize {
    let asked = std::env::var("BUTTERQUANT_KILLS").ok();
    asked.and_then(|kills| kills.parse().ok()).unwrap_or(few)
}
