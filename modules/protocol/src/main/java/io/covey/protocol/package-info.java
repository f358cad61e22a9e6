@NullMarked
package io.covey.protocol;

import org.jspecify.annotations.NullMarked;
