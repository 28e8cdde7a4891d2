use outrider_pilot::{PoolSettings, StrategyKind, PredictSettings};
use outrider_sim::{Rule, by_name, fly_pool, quantile};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let scenario = by_name(&args[1]).unwrap();
    let load: f64 = args[2].parse().unwrap();
    let seeds: u64 = args[3].parse().unwrap();
    for name in args[4].split(',') {
        let (base, ablation) = name.split_once('-').unwrap_or((name, ""));
        let mut pool = PoolSettings::named("pool");
        pool.probe.per_request = 3.0;
        let mut p = PredictSettings::default();
        match ablation { "no_classes" => p.classes = false, "no_sizes" => p.sizes = false, "no_correction" => p.correction=false, "no_wait" => p.wait=false, "guess8" => p.slots=Some(8), "guess1"=>p.slots=Some(1), "guess4" => p.slots=Some(4), "fallback" => p.fallback_only = true, "" => {}, _ => panic!() }
        pool.predict = p;
        let rule = if let Some(r) = outrider_sim::FAMILY.into_iter().find(|r| r.name() == base) { Rule::Clairvoyant(r) } else if base == "wlr" { Rule::Weighted(StrategyKind::LeastRequest) } else { Rule::Pilot(StrategyKind::from_name(base).unwrap()) };
        let mut per: Vec<(f64,f64,Vec<f64>,f64)> = vec![];
        for seed in 1..=seeds {
            let mut sc = scenario.clone();
            if let Some(n) = args.get(5) { sc = sc.with_requests(n.parse().unwrap(), load, seed).unwrap(); }
            let m = fly_pool(&sc, rule, &pool, load, seed).unwrap().measured;
            let l = m.latencies_ms();
            let mean = l.iter().sum::<f64>()/l.len() as f64;
            let classes = (0..m.classes.len()).map(|c| { let mut v: Vec<f64> = m.counted().filter(|r| r.end.is_good() && usize::from(r.class)==c).map(|r| r.latency_us as f64/1e3).collect(); v.sort_by(f64::total_cmp); quantile(&v, 0.99) }).collect();
            let bad = m.counted().filter(|r| !r.end.is_good()).count() as f64 / m.counted().count() as f64;
            per.push((quantile(&l,0.99), mean, classes, bad));
        }
        let g = |f: &dyn Fn(&(f64,f64,Vec<f64>,f64)) -> f64| (per.iter().map(|p| f(p).ln()).sum::<f64>()/per.len() as f64).exp();
        let classes: Vec<String> = (0..per[0].2.len()).map(|c| format!("{:.1}", g(&|p| p.2[c]))).collect();
        println!("{name:28} p99 {:8.1} mean {:7.2} bad {:.4} classes {}", g(&|p| p.0), g(&|p| p.1), per.iter().map(|p| p.3).sum::<f64>()/per.len() as f64, classes.join(" "));
    }
}
