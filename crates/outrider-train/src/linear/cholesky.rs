//! Symmetric positive definite systems of equations.

/// Solves `matrix` x = `right` in place of `right`; of the matrix (rows after each other) only the lower triangle is read, and is
/// overwritten. `None` if it is not positive definite.
pub(super) fn solve(matrix: &mut [f64], right: &mut [f64]) -> Option<()> {
    let size = right.len();
    decompose(matrix, size)?;
    for row in 0..size {
        let known = dot(&matrix[row * size..row * size + row], &right[..row]);
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| matrix[below * size + row] * right[below]).sum();
        right[row] = (right[row] - known) / matrix[row * size + row];
    }
    Some(())
}

/// Into L with L Lᵀ = `matrix`.
fn decompose(matrix: &mut [f64], size: usize) -> Option<()> {
    for row in 0..size {
        let (above, below) = matrix.split_at_mut(row * size);
        for column in 0..row {
            let other = &above[column * size..column * size + column + 1];
            let known = dot(&below[..column], &other[..column]);
            below[column] = (below[column] - known) / other[column];
        }
        let square = below[row] - dot(&below[..row], &below[..row]);
        below[row] = Some(square.sqrt()).filter(|root| root.is_finite() && *root > 0.0)?;
    }
    Some(())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_solved() {
        let mut right = [4.0, 7.0, 5.0];
        let mut matrix = [4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 1.0, 3.0, 6.0];
        solve(&mut matrix, &mut right).unwrap();
        let full = [[4.0, 2.0, 1.0], [2.0, 5.0, 3.0], [1.0, 3.0, 6.0]];
        let back = full.map(|row| dot(&row, &right));
        assert!(back.iter().zip([4.0, 7.0, 5.0]).all(|(a, b)| (a - b).abs() < 1e-12), "{back:?}");
    }

    #[test]
    fn what_is_not_positive_definite_is_not_solved() {
        assert_eq!(solve(&mut [1.0, 0.0, 2.0, 1.0], &mut [1.0, 1.0]), None);
        assert_eq!(solve(&mut [f64::NAN], &mut [1.0]), None);
    }
}
