//! Names of the volatility index, which every source calls another way. It is no stock by any of them.

/// The volatility index, as its file is best called.
pub(super) const VIX: &str = "^VIX";

/// Other names of the volatility index, in capitals, the surest first.
const VIX_NAMES: [&str; 9] = [
    VIX,
    "VIX",
    "$VIX",
    ".VIX",
    "VIX_HISTORY",
    "VIXCLS",
    "VIXCURRENT",
    "I:VIX",
    "CBOE VOLATILITY INDEX",
];
/// What may stand beside VIX in a name of the index: sources, vendors' marks, and what copies are called.
const BESIDE_VIX: [&str; 24] = [
    "X",
    "D",
    "I",
    "1D",
    "US",
    "S",
    "P",
    "SP",
    "CBOE",
    "TVC",
    "DLY",
    "INDEXCBOE",
    "INDEX",
    "INDX",
    "IDX",
    "HISTORY",
    "HISTORICAL",
    "DATA",
    "DAILY",
    "PRICE",
    "PRICES",
    "CLOSE",
    "COPY",
    "CURRENT",
];

/// Whether the name is the volatility index's.
pub(super) fn is_index(ticker: &str) -> bool {
    index_rank(ticker).is_some()
}

/// How sure the index's name is, 0 first: a known name, or one of VIX and words that any source puts beside it, such as
/// `$VIX.X`, `VIX (1)` and `CBOE_DLY_VIX, 1D`.
pub(super) fn index_rank(ticker: &str) -> Option<usize> {
    let known = VIX_NAMES.iter().position(|name| *name == ticker);
    known.or_else(|| {
        let mut rank = VIX_NAMES.len();
        let mut of_vix = false;
        for part in parts(ticker) {
            let number = part.bytes().all(|byte| byte.is_ascii_digit());
            match part {
                VIX_PART if !of_vix => of_vix = true,
                part if number || BESIDE_VIX.contains(&part) => rank += 1,
                _ => return None,
            }
        }
        of_vix.then_some(rank)
    })
}

/// Whether the name is of the volatility index's family, but not certainly its own: no stock is called so.
pub(super) fn is_near_index(ticker: &str) -> bool {
    let near = |part: &str| {
        let rest = part.strip_prefix(VIX_PART);
        let other = |rest: &str| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
        part == "VVIX" || rest.is_some_and(other)
    };
    !is_index(ticker) && parts(ticker).any(near)
}

const VIX_PART: &str = "VIX";

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::names::ticker_of;
    use super::*;

    #[test]
    fn the_index_has_many_names() {
        for name in [
            "^VIX",
            "VIX",
            "$VIX.X",
            "%5EVIX",
            "VIX (1)",
            "vix",
            "VIX_History",
            "^vix_d",
            "VIX - Copy",
            "VIXCLS",
            "CBOE_DLY_VIX, 1D",
            "VIX Historical Data",
            "CBOE Volatility Index Historical Data",
            "S&P 500 VIX",
            "VIX.US",
        ] {
            assert!(is_index(&ticker_of(name)), "{name}");
        }
        for name in ["VIX3M", "VVIX", "my vix file", "VIX-USD", "^VIX9D"] {
            let ticker = ticker_of(name);
            assert!(is_near_index(&ticker) && !is_index(&ticker), "{name}");
        }
        for name in ["VIXY", "VIXM", "AVIX", "D", "X", "1D"] {
            assert!(!is_near_index(name) && !is_index(name), "{name}");
        }
        assert!(index_rank("^VIX") < index_rank("VIX") && index_rank("VIX") < index_rank("VIX 1"));
    }
}
