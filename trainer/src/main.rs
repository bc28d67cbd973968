//! x
use tch::*;
use trainer::network::{torch::*, detector::*, identifier::*};
use trainer::train::optimiser::*;
use std::time::Instant;
fn bench(name:&str, graph: trainer::network::Graph, batch:i64, h:i64,w:i64, outs:&[&str]){
    let wanted: Vec<_> = outs.iter().map(|n| graph.value(n).unwrap()).collect();
    let wts=initial_weights(&graph,1);
    let n: i64 = wts.values().map(|t| t.numel() as i64).sum();
    let m=Module::new(graph,&wts,Precision::Float32).unwrap();
    let mut o=Optimiser::new(AdamW::default(),&m); let mut a=Average::new(0.995,&m);
    let x=Tensor::rand([batch,3,h,w],(Kind::Float,Device::Cpu));
    let mut t=[0.0f64;4];let mut ts=vec![];
    for s in 0..12 {
        let t0=Instant::now();
        let y=m.forward(&x,&wanted,Mode::Train);
        let loss=y.iter().map(|y| y.square().mean(Kind::Float)).reduce(|a,b| a+b).unwrap();
        let t1=Instant::now();
        let g=m.gradient(&loss);
        let t2=Instant::now();
        o.step(&m,&g,s,1e-3); a.update(&m,s);
        let t3=Instant::now();
        ts.push((t3-t0).as_secs_f64()*1e3);
        if s>1 {t[0]+=(t1-t0).as_secs_f64()*100.;t[1]+=(t2-t1).as_secs_f64()*100.;t[2]+=(t3-t2).as_secs_f64()*100.;}
    }
    ts.sort_by(f64::total_cmp);
    println!("{name}: {n} params, batch {batch}: forward {:.0} backward {:.0} optimiser {:.1} ms; median step {:.0}",t[0],t[1],t[2],ts[6]);
}
fn main(){
    let th: i32=std::env::args().nth(1).map_or(2,|s| s.parse().unwrap());
    set_num_threads(th);
    bench("detector",DetectorShape::default().graph().unwrap(),12,192,320,&[CELLS]);
    bench("detector16",DetectorShape::default().graph().unwrap(),16,192,320,&[CELLS]);
    let head=|n:&str,c:usize| shared::manifest::Head{name:n.into(),activation:shared::manifest::Activation::Softmax,classes:vec!["x".into();c]};
    let heads=[head("identification",400),head("edition",5)];
    let g=IdentifierShape::default().graph(&heads).unwrap();
    bench("identifier",g.clone(),64,96,72,&["identification","edition"]);
    bench("identifier",g,128,96,72,&["identification","edition"]);
}
