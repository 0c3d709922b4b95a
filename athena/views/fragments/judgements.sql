text.coverage > {{ policy.has_text }} AS has_text,
       nsfw.score >= {{ policy.is_nsfw }} AS is_nsfw,
       nsfw.score >= {{ policy.needs_review }} AND nsfw.score < {{ policy.is_nsfw }} AS needs_review,
       quality.score < {{ policy.is_low_quality }} AS is_low_quality,
       CASE
           WHEN quality.score >= {{ policy.is_low_quality }} THEN NULL
           WHEN quality.brightness < {{ policy.dark }} THEN 'dark'
           WHEN quality.contrast < {{ policy.flat }} THEN 'flat'
           WHEN quality.sharpness < {{ policy.blurred }} THEN 'blurred'
           WHEN quality.score < {{ policy.is_low_quality }} THEN 'other'
       END AS quality_flaw
