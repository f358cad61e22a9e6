@NullMarked
package io.covey.it;

import org.jspecify.annotations.NullMarked;
