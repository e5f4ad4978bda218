//! The report as one page that asks nothing of any network: the template with styles, scripts and data put in.
//!
//! The records behind the trades, ten times as large as the rest, are packed with gzip and unpacked by the page.
//!
//! Data are put in as JSON without any `<`, and the scripts make text of them, so nothing in a name or a reason can become
//! markup.

use crate::run_report::Report;
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

/// What other pages of the program are made of, too. Scripts use those named before them.
pub mod assets {
    /// Numbers, dates and elements.
    pub const FORMAT: &str = include_str!("format.js");
    /// What words mean.
    pub const GLOSSARY: &str = include_str!("glossary.js");
    /// Definitions under the pointer.
    pub const POPOVER: &str = include_str!("popover.js");
    /// Small pictures.
    pub const SVG: &str = include_str!("svg.js");
    /// Charts by uPlot.
    pub const CHARTS: &str = include_str!("charts.js");
    /// Light and dark.
    pub const THEME: &str = include_str!("theme.js");
    /// Tables that sort and turn pages.
    pub const TABLES: &str = include_str!("tables.js");
    /// Why a position was opened.
    pub const WHY: &str = include_str!("why.js");
    /// The style sheet.
    pub const STYLE: &str = include_str!("style.css");
    /// uPlot, which draws the charts.
    pub const UPLOT: &str = include_str!("uplot/uPlot.iife.min.js");
    /// Its style sheet.
    pub const UPLOT_STYLE: &str = include_str!("uplot/uPlot.min.css");
    /// Its licence.
    pub const UPLOT_LICENCE: &str = include_str!("uplot/LICENSE");
}

const PAGE: &str = include_str!("page.html");

/// The scripts, each of which uses those before it; the last one acts.
const SCRIPTS: [&str; 12] = [
    assets::FORMAT,
    assets::GLOSSARY,
    assets::POPOVER,
    assets::SVG,
    assets::CHARTS,
    assets::THEME,
    assets::TABLES,
    include_str!("summary.js"),
    include_str!("sections.js"),
    include_str!("trades.js"),
    assets::WHY,
    include_str!("page.js"),
];

/// The page of `report`.
///
/// # Errors
/// The report cannot be written as JSON.
pub fn page(report: &Report) -> Result<String> {
    let mut shown = report.clone();
    let whys = packed(&serde_json::to_vec(&std::mem::take(&mut shown.why))?)?;
    let data = serde_json::to_string(&shown)?.replace('<', "\\u003c");
    let script = SCRIPTS.join("\n");
    Ok(filled(
        PAGE,
        &[
            ("UPLOT_STYLE", assets::UPLOT_STYLE),
            ("STYLE", assets::STYLE),
            ("UPLOT_LICENCE", assets::UPLOT_LICENCE),
            ("UPLOT", assets::UPLOT),
            ("SCRIPT", &script),
            ("DATA", &data),
            ("WHYS", &whys),
        ],
    ))
}

/// As letters that a page can hold.
fn packed(bytes: &[u8]) -> Result<String> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes)?;
    Ok(STANDARD.encode(packer.finish()?))
}

/// `template` with each place `/*NAME*/` filled. What is put in is not looked at again, whatever it holds.
pub fn filled(template: &str, parts: &[(&str, &str)]) -> String {
    let mut pieces = template.split("/*");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let part = piece.split_once("*/").and_then(|(name, rest)| {
            let (_, text) = parts.iter().find(|(known, _)| *known == name)?;
            Some((*text, rest))
        });
        match part {
            Some((text, rest)) => page.extend([text, rest]),
            None => page.extend(["/*", piece]),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_what_is_put_in_is_left_alone() {
        let parts = [("A", "1 /*B*/ /* 2"), ("B", "3")];
        assert_eq!(filled("x/*A*/y/*B*/z /*C*/ /*", &parts), "x1 /*B*/ /* 2y3z /*C*/ /*");
    }

    #[test]
    fn every_script_of_the_folder_is_in_the_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/html");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let scripts = files.filter(|file| file.extension().is_some_and(|ending| ending == "js"));
        let texts: Vec<String> =
            scripts.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        assert_eq!(texts.len(), SCRIPTS.len());
        assert!(texts.iter().all(|text| SCRIPTS.contains(&text.as_str())));
    }

    #[test]
    fn every_place_of_the_page_has_a_part_and_no_script_ends_early() {
        let names = ["UPLOT_STYLE", "STYLE", "UPLOT_LICENCE", "UPLOT", "SCRIPT", "DATA", "WHYS"];
        for name in names {
            assert_eq!(PAGE.matches(&format!("/*{name}*/")).count(), 1, "{name}");
        }
        assert_eq!(PAGE.matches("/*").count(), names.len());
        let uplot = assets::UPLOT;
        for script in SCRIPTS.into_iter().chain([uplot]) {
            assert!(!script.contains("</script") && !script.contains("<!--"));
        }
        for forbidden in ["http://", "https://", "import("] {
            let loads = |script: &&str| {
                script.lines().any(|line| line.contains(forbidden) && !line.contains("www.w3.org"))
            };
            assert!(!SCRIPTS.iter().any(loads), "a script asks for {forbidden}");
        }
    }
}
