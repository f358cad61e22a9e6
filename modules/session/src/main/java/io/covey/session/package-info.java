@NullMarked
package io.covey.session;

import org.jspecify.annotations.NullMarked;
