@NullMarked
package io.covey.bucket;

import org.jspecify.annotations.NullMarked;
