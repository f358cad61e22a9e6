@NullMarked
package io.covey.observability;

import org.jspecify.annotations.NullMarked;
