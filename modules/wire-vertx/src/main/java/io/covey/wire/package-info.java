@NullMarked
package io.covey.wire;

import org.jspecify.annotations.NullMarked;
