"""What `benchmarks.memory` measures, case by case."""
