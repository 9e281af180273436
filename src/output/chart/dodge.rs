//! Labels that want the same place are pushed apart, each as little as can be.

/// Centres of labels of these `heights`, as near to where they are `wanted` as they can be without overlapping, within
/// `low` to `high`. They stay in the order of what is wanted. If they do not all fit, they overlap evenly.
pub fn dodge(wanted: &[f64], heights: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
    let needed: f64 = heights.iter().sum();
    let squeeze = if needed > high - low { (high - low) / needed } else { 1.0 };
    // Clusters of touching labels: first member, count, sum of wanted tops of the cluster, height.
    let mut clusters: Vec<(usize, usize, f64, f64)> = Vec::new();
    let top =
        |(_, count, tops, height): (usize, usize, f64, f64)| (tops / count as f64).clamp(low, (high - height).max(low));
    for (position, &index) in order.iter().enumerate() {
        let height = heights[index] * squeeze;
        let mut cluster = (position, 1, wanted[index] - 0.5 * height, height);
        // A cluster that overlaps the one before joins it; its members then want the tops that lie as far above.
        while let Some(&before) = clusters.last() {
            if top(before) + before.3 <= top(cluster) {
                break;
            }
            clusters.pop();
            let tops = before.2 + cluster.2 - cluster.1 as f64 * before.3;
            cluster = (before.0, before.1 + cluster.1, tops, before.3 + cluster.3);
        }
        clusters.push(cluster);
    }
    let mut centres = vec![0.0; wanted.len()];
    for cluster in clusters {
        let mut edge = top(cluster);
        for &index in &order[cluster.0..cluster.0 + cluster.1] {
            let height = heights[index] * squeeze;
            centres[index] = edge + 0.5 * height;
            edge += height;
        }
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_apart_stay_and_labels_together_spread() {
        assert_eq!(dodge(&[100.0, 300.0], &[20.0, 20.0], 0.0, 400.0), [100.0, 300.0]);
        assert_eq!(dodge(&[100.0, 100.0], &[20.0, 20.0], 0.0, 400.0), [90.0, 110.0]);
        assert_eq!(dodge(&[0.0, 0.0, 1.0], &[20.0, 20.0, 20.0], 0.0, 400.0), [10.0, 30.0, 50.0]);
        assert_eq!(dodge(&[400.0, 390.0], &[20.0, 20.0], 0.0, 400.0), [390.0, 370.0]);
    }

    #[test]
    fn no_two_overlap_wherever_they_want_to_be() {
        let mut state = 1u32;
        for round in 0..500 {
            let count = 1 + round % 12;
            let mut next = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(state >> 16) / 65_536.0
            };
            let wanted: Vec<f64> = (0..count).map(|_| 480.0 * next()).collect();
            let heights: Vec<f64> = (0..count).map(|_| 16.0 + 20.0 * next()).collect();
            let centres = dodge(&wanted, &heights, 0.0, 480.0);
            let mut boxes: Vec<(f64, f64)> = centres
                .iter()
                .zip(&heights)
                .map(|(centre, height)| (centre - 0.5 * height, centre + 0.5 * height))
                .collect();
            boxes.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(boxes[0].0 >= -1e-9 && boxes[count - 1].1 <= 480.0 + 1e-9, "{boxes:?}");
            assert!(boxes.windows(2).all(|pair| pair[0].1 <= pair[1].0 + 1e-9), "{boxes:?}");
        }
    }

    #[test]
    fn too_many_are_squeezed_but_stay_inside() {
        let centres = dodge(&[50.0; 30], &[20.0; 30], 0.0, 300.0);
        assert!(centres.iter().all(|centre| (0.0..=300.0).contains(centre)));
    }
}
