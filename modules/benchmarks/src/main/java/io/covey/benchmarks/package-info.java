@NullMarked
package io.covey.benchmarks;

import org.jspecify.annotations.NullMarked;
