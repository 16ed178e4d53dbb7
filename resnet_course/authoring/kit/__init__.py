"""The teacher's kit, made from the built lessons: ``make kit``, or ``python -m resnet_course.authoring.kit``.

What it takes from where:

===========  ================================================  ===================================================
module       makes                                             from
===========  ================================================  ===================================================
`pages`      a Markdown page for each lesson                   all of the below
`outline`    the sections of a lesson, with their minutes      the built notebook and ``lessons.json``
`plan`       plans for 90 and for 3 × 50 minutes               the outline
`stuck`      where learners get stuck                          the bank of wrong answers, the cards, a gradebook
`slides`     a slide for each figure of the lesson             the built notebook, reveal.js
`quiz`       questions with fresh numbers, and their answers   `resnet_course.questions`, predictions, the bank
`gift`       the questions as Moodle reads them                `quiz`
`qti`        the questions as an IMS package of QTI 2.1        `quiz`
`words`      the words of the kit itself                       ``en.toml``, ``pt.toml`` beside it
===========  ================================================  ===================================================

The questions for the room, and which predictions and wrong answers make good quiz questions, a person says: in
``lessons/kit.toml``.
"""
