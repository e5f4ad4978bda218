//! butterquant
fn main() {}
