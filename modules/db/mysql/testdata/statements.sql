-- where things "id"==null
SELECT count(*) FROM `things` WHERE `id` IS NULL;
-- where things "id"=="a"
SELECT count(*) FROM `things` WHERE `id` = ?;
--   1: string "a"
-- where things "id"<"a"
SELECT count(*) FROM `things` WHERE `id` < ?;
--   1: string "a"
-- where things "id"<="a"
SELECT count(*) FROM `things` WHERE `id` <= ?;
--   1: string "a"
-- where things "id">"a"
SELECT count(*) FROM `things` WHERE `id` > ?;
--   1: string "a"
-- where things "id">="a"
SELECT count(*) FROM `things` WHERE `id` >= ?;
--   1: string "a"
-- where things "id" in["a",null]
SELECT count(*) FROM `things` WHERE (`id` IS NULL OR `id` IN (?));
--   1: string "a"
-- where things "id" in["a"]
SELECT count(*) FROM `things` WHERE `id` IN (?, ?, ?, ?);
--   1: string "a"
--   2: string "a"
--   3: string "a"
--   4: string "a"
-- where things "id" contains ""
SELECT count(*) FROM `things` WHERE (`id` IS NOT NULL);
-- where things "id" startsWith ""
SELECT count(*) FROM `things` WHERE (`id` IS NOT NULL);
-- where things "id" endsWith ""
SELECT count(*) FROM `things` WHERE (`id` IS NOT NULL);
-- where things "id" contains "ab"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "ab"
-- where things "id" startsWith "ab"
SELECT count(*) FROM `things` WHERE (`id` >= ? AND `id` < ?);
--   1: string "ab"
--   2: string "ac"
-- where things "id" endsWith "ab"
SELECT count(*) FROM `things` WHERE (right(`id`, 2) = ?);
--   1: string "ab"
-- where things "id" contains "%_"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "%_"
-- where things "id" startsWith "%_"
SELECT count(*) FROM `things` WHERE (`id` >= ? AND `id` < ?);
--   1: string "%_"
--   2: string "%`"
-- where things "id" endsWith "%_"
SELECT count(*) FROM `things` WHERE (right(`id`, 2) = ?);
--   1: string "%_"
-- where things "id" contains "é"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "é"
-- where things "id" startsWith "é"
SELECT count(*) FROM `things` WHERE (`id` >= ? AND `id` < ?);
--   1: string "é"
--   2: string "ê"
-- where things "id" endsWith "é"
SELECT count(*) FROM `things` WHERE (right(`id`, 1) = ?);
--   1: string "é"
-- where things "id" contains "ÿ"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "ÿ"
-- where things "id" startsWith "ÿ"
SELECT count(*) FROM `things` WHERE (`id` >= ? AND `id` < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "id" endsWith "ÿ"
SELECT count(*) FROM `things` WHERE (right(`id`, 1) = ?);
--   1: string "ÿ"
-- where things "id" contains "퟿"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "\ud7ff"
-- where things "id" startsWith "퟿"
SELECT count(*) FROM `things` WHERE (`id` >= ? AND `id` < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "id" endsWith "퟿"
SELECT count(*) FROM `things` WHERE (right(`id`, 1) = ?);
--   1: string "\ud7ff"
-- where things "id" contains "a􏿿"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "a\U0010ffff"
-- where things "id" startsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (`id` >= ? AND `id` < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "id" endsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (right(`id`, 2) = ?);
--   1: string "a\U0010ffff"
-- where things "id" contains "􏿿"
SELECT count(*) FROM `things` WHERE (instr(`id`, ?) > 0);
--   1: string "\U0010ffff"
-- where things "id" startsWith "􏿿"
SELECT count(*) FROM `things` WHERE (`id` >= ?);
--   1: string "\U0010ffff"
-- where things "id" endsWith "􏿿"
SELECT count(*) FROM `things` WHERE (right(`id`, 1) = ?);
--   1: string "\U0010ffff"
-- where things "id" like "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`id` LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where things "id" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`id` REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where things len("id")==2
SELECT count(*) FROM `things` WHERE char_length(`id`) = ?;
--   1: int64 2
-- where things len("id")<2
SELECT count(*) FROM `things` WHERE char_length(`id`) < ?;
--   1: int64 2
-- where things len("id")<=2
SELECT count(*) FROM `things` WHERE char_length(`id`) <= ?;
--   1: int64 2
-- where things len("id")>2
SELECT count(*) FROM `things` WHERE char_length(`id`) > ?;
--   1: int64 2
-- where things len("id")>=2
SELECT count(*) FROM `things` WHERE char_length(`id`) >= ?;
--   1: int64 2
-- where things "s"==null
SELECT count(*) FROM `things` WHERE `s` IS NULL;
-- where things "s"=="a"
SELECT count(*) FROM `things` WHERE `s` = ?;
--   1: string "a"
-- where things "s"<"a"
SELECT count(*) FROM `things` WHERE `s` < ?;
--   1: string "a"
-- where things "s"<="a"
SELECT count(*) FROM `things` WHERE `s` <= ?;
--   1: string "a"
-- where things "s">"a"
SELECT count(*) FROM `things` WHERE `s` > ?;
--   1: string "a"
-- where things "s">="a"
SELECT count(*) FROM `things` WHERE `s` >= ?;
--   1: string "a"
-- where things "s"==""
SELECT count(*) FROM `things` WHERE `s` = ?;
--   1: string ""
-- where things "s"<""
SELECT count(*) FROM `things` WHERE `s` < ?;
--   1: string ""
-- where things "s"<=""
SELECT count(*) FROM `things` WHERE `s` <= ?;
--   1: string ""
-- where things "s">""
SELECT count(*) FROM `things` WHERE `s` > ?;
--   1: string ""
-- where things "s">=""
SELECT count(*) FROM `things` WHERE `s` >= ?;
--   1: string ""
-- where things "s" in["","a"]
SELECT count(*) FROM `things` WHERE `s` IN (?, ?);
--   1: string "a"
--   2: string ""
-- where things "s" in["a",null]
SELECT count(*) FROM `things` WHERE (`s` IS NULL OR `s` IN (?));
--   1: string "a"
-- where things "s" in["a"]
SELECT count(*) FROM `things` WHERE `s` IN (?, ?, ?, ?);
--   1: string "a"
--   2: string "a"
--   3: string "a"
--   4: string "a"
-- where things "s" contains ""
SELECT count(*) FROM `things` WHERE (`s` IS NOT NULL);
-- where things "s" startsWith ""
SELECT count(*) FROM `things` WHERE (`s` IS NOT NULL);
-- where things "s" endsWith ""
SELECT count(*) FROM `things` WHERE (`s` IS NOT NULL);
-- where things "s" contains "ab"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "ab"
-- where things "s" startsWith "ab"
SELECT count(*) FROM `things` WHERE (`s` >= ? AND `s` < ?);
--   1: string "ab"
--   2: string "ac"
-- where things "s" endsWith "ab"
SELECT count(*) FROM `things` WHERE (right(`s`, 2) = ?);
--   1: string "ab"
-- where things "s" contains "%_"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "%_"
-- where things "s" startsWith "%_"
SELECT count(*) FROM `things` WHERE (`s` >= ? AND `s` < ?);
--   1: string "%_"
--   2: string "%`"
-- where things "s" endsWith "%_"
SELECT count(*) FROM `things` WHERE (right(`s`, 2) = ?);
--   1: string "%_"
-- where things "s" contains "é"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "é"
-- where things "s" startsWith "é"
SELECT count(*) FROM `things` WHERE (`s` >= ? AND `s` < ?);
--   1: string "é"
--   2: string "ê"
-- where things "s" endsWith "é"
SELECT count(*) FROM `things` WHERE (right(`s`, 1) = ?);
--   1: string "é"
-- where things "s" contains "ÿ"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "ÿ"
-- where things "s" startsWith "ÿ"
SELECT count(*) FROM `things` WHERE (`s` >= ? AND `s` < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "s" endsWith "ÿ"
SELECT count(*) FROM `things` WHERE (right(`s`, 1) = ?);
--   1: string "ÿ"
-- where things "s" contains "퟿"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "\ud7ff"
-- where things "s" startsWith "퟿"
SELECT count(*) FROM `things` WHERE (`s` >= ? AND `s` < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "s" endsWith "퟿"
SELECT count(*) FROM `things` WHERE (right(`s`, 1) = ?);
--   1: string "\ud7ff"
-- where things "s" contains "a􏿿"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "a\U0010ffff"
-- where things "s" startsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (`s` >= ? AND `s` < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "s" endsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (right(`s`, 2) = ?);
--   1: string "a\U0010ffff"
-- where things "s" contains "􏿿"
SELECT count(*) FROM `things` WHERE (instr(`s`, ?) > 0);
--   1: string "\U0010ffff"
-- where things "s" startsWith "􏿿"
SELECT count(*) FROM `things` WHERE (`s` >= ?);
--   1: string "\U0010ffff"
-- where things "s" endsWith "􏿿"
SELECT count(*) FROM `things` WHERE (right(`s`, 1) = ?);
--   1: string "\U0010ffff"
-- where things "s" like "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`s` LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where things "s" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`s` REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where things len("s")==2
SELECT count(*) FROM `things` WHERE char_length(`s`) = ?;
--   1: int64 2
-- where things len("s")<2
SELECT count(*) FROM `things` WHERE char_length(`s`) < ?;
--   1: int64 2
-- where things len("s")<=2
SELECT count(*) FROM `things` WHERE char_length(`s`) <= ?;
--   1: int64 2
-- where things len("s")>2
SELECT count(*) FROM `things` WHERE char_length(`s`) > ?;
--   1: int64 2
-- where things len("s")>=2
SELECT count(*) FROM `things` WHERE char_length(`s`) >= ?;
--   1: int64 2
-- where things "s2"==null
SELECT count(*) FROM `things` WHERE `s2` IS NULL;
-- where things "s2" contains ""
SELECT count(*) FROM `things` WHERE (`s2` IS NOT NULL);
-- where things "s2" startsWith ""
SELECT count(*) FROM `things` WHERE (`s2` IS NOT NULL);
-- where things "s2" endsWith ""
SELECT count(*) FROM `things` WHERE (`s2` IS NOT NULL);
-- where things "s2" contains "ab"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "ab"
-- where things "s2" startsWith "ab"
SELECT count(*) FROM `things` WHERE (`s2` >= ? AND `s2` < ?);
--   1: string "ab"
--   2: string "ac"
-- where things "s2" endsWith "ab"
SELECT count(*) FROM `things` WHERE (right(`s2`, 2) = ?);
--   1: string "ab"
-- where things "s2" contains "%_"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "%_"
-- where things "s2" startsWith "%_"
SELECT count(*) FROM `things` WHERE (`s2` >= ? AND `s2` < ?);
--   1: string "%_"
--   2: string "%`"
-- where things "s2" endsWith "%_"
SELECT count(*) FROM `things` WHERE (right(`s2`, 2) = ?);
--   1: string "%_"
-- where things "s2" contains "é"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "é"
-- where things "s2" startsWith "é"
SELECT count(*) FROM `things` WHERE (`s2` >= ? AND `s2` < ?);
--   1: string "é"
--   2: string "ê"
-- where things "s2" endsWith "é"
SELECT count(*) FROM `things` WHERE (right(`s2`, 1) = ?);
--   1: string "é"
-- where things "s2" contains "ÿ"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "ÿ"
-- where things "s2" startsWith "ÿ"
SELECT count(*) FROM `things` WHERE (`s2` >= ? AND `s2` < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "s2" endsWith "ÿ"
SELECT count(*) FROM `things` WHERE (right(`s2`, 1) = ?);
--   1: string "ÿ"
-- where things "s2" contains "퟿"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "\ud7ff"
-- where things "s2" startsWith "퟿"
SELECT count(*) FROM `things` WHERE (`s2` >= ? AND `s2` < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "s2" endsWith "퟿"
SELECT count(*) FROM `things` WHERE (right(`s2`, 1) = ?);
--   1: string "\ud7ff"
-- where things "s2" contains "a􏿿"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "a\U0010ffff"
-- where things "s2" startsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (`s2` >= ? AND `s2` < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "s2" endsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (right(`s2`, 2) = ?);
--   1: string "a\U0010ffff"
-- where things "s2" contains "􏿿"
SELECT count(*) FROM `things` WHERE (instr(`s2`, ?) > 0);
--   1: string "\U0010ffff"
-- where things "s2" startsWith "􏿿"
SELECT count(*) FROM `things` WHERE (`s2` >= ?);
--   1: string "\U0010ffff"
-- where things "s2" endsWith "􏿿"
SELECT count(*) FROM `things` WHERE (right(`s2`, 1) = ?);
--   1: string "\U0010ffff"
-- where things "s2" like "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`s2` LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where things "s2" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`s2` REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where things len("s2")==2
SELECT count(*) FROM `things` WHERE char_length(`s2`) = ?;
--   1: int64 2
-- where things len("s2")<2
SELECT count(*) FROM `things` WHERE char_length(`s2`) < ?;
--   1: int64 2
-- where things len("s2")<=2
SELECT count(*) FROM `things` WHERE char_length(`s2`) <= ?;
--   1: int64 2
-- where things len("s2")>2
SELECT count(*) FROM `things` WHERE char_length(`s2`) > ?;
--   1: int64 2
-- where things len("s2")>=2
SELECT count(*) FROM `things` WHERE char_length(`s2`) >= ?;
--   1: int64 2
-- where things "n"==null
SELECT count(*) FROM `things` WHERE `n` IS NULL;
-- where things "n"==3
SELECT count(*) FROM `things` WHERE `n` = ?;
--   1: int64 3
-- where things "n"<3
SELECT count(*) FROM `things` WHERE `n` < ?;
--   1: int64 3
-- where things "n"<=3
SELECT count(*) FROM `things` WHERE `n` <= ?;
--   1: int64 3
-- where things "n">3
SELECT count(*) FROM `things` WHERE `n` > ?;
--   1: int64 3
-- where things "n">=3
SELECT count(*) FROM `things` WHERE `n` >= ?;
--   1: int64 3
-- where things "n"==2.5
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<2.5
SELECT count(*) FROM `things` WHERE `n` <= ?;
--   1: int64 2
-- where things "n"<=2.5
SELECT count(*) FROM `things` WHERE `n` <= ?;
--   1: int64 2
-- where things "n">2.5
SELECT count(*) FROM `things` WHERE `n` > ?;
--   1: int64 2
-- where things "n">=2.5
SELECT count(*) FROM `things` WHERE `n` > ?;
--   1: int64 2
-- where things "n"==3 again 2
SELECT count(*) FROM `things` WHERE `n` = ?;
--   1: int64 3
-- where things "n"<3 again 2
SELECT count(*) FROM `things` WHERE `n` < ?;
--   1: int64 3
-- where things "n"<=3 again 2
SELECT count(*) FROM `things` WHERE `n` <= ?;
--   1: int64 3
-- where things "n">3 again 2
SELECT count(*) FROM `things` WHERE `n` > ?;
--   1: int64 3
-- where things "n">=3 again 2
SELECT count(*) FROM `things` WHERE `n` >= ?;
--   1: int64 3
-- where things "n"==1e+300
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<1e+300
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n"<=1e+300
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n">1e+300
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n">=1e+300
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"==-1e+300
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<-1e+300
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<=-1e+300
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n">-1e+300
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n">=-1e+300
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n"=="NaN"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<"NaN"
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n"<="NaN"
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n">"NaN"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n">="NaN"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"=="-Infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<"-Infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n"<="-Infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "n">"-Infinity"
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n">="-Infinity"
SELECT count(*) FROM `things` WHERE `n` IS NOT NULL;
-- where things "n" in[2.5,3]
SELECT count(*) FROM `things` WHERE (`n` = ? OR FALSE);
--   1: int64 3
-- where things "n" in[2.5,3] again 2
SELECT count(*) FROM `things` WHERE (`n` = ? OR FALSE OR `n` = ?);
--   1: int64 3
--   2: int64 3
-- where things "n" in[1e+300,2.5,3]
SELECT count(*) FROM `things` WHERE (`n` = ? OR FALSE OR `n` = ? OR FALSE);
--   1: int64 3
--   2: int64 3
-- where things "n" in[-1e+300,1e+300,2.5,3]
SELECT count(*) FROM `things` WHERE (`n` = ? OR FALSE OR `n` = ? OR FALSE OR FALSE);
--   1: int64 3
--   2: int64 3
-- where things "n" in["NaN",-1e+300,1e+300,2.5,3]
SELECT count(*) FROM `things` WHERE (`n` = ? OR FALSE OR `n` = ? OR FALSE OR FALSE OR FALSE);
--   1: int64 3
--   2: int64 3
-- where things "n" in["-Infinity","NaN",-1e+300,1e+300,2.5,3]
SELECT count(*) FROM `things` WHERE (`n` = ? OR FALSE OR `n` = ? OR FALSE OR FALSE OR FALSE OR FALSE);
--   1: int64 3
--   2: int64 3
-- where things "n" in[3,null]
SELECT count(*) FROM `things` WHERE (`n` IS NULL OR `n` IN (?));
--   1: int64 3
-- where things "n" in[3]
SELECT count(*) FROM `things` WHERE `n` IN (?, ?, ?, ?);
--   1: int64 3
--   2: int64 3
--   3: int64 3
--   4: int64 3
-- where things "n2"==null
SELECT count(*) FROM `things` WHERE `n2` IS NULL;
-- where things "f"==null
SELECT count(*) FROM `things` WHERE `f` IS NULL;
-- where things "f"==0.5
SELECT count(*) FROM `things` WHERE `f` = ?;
--   1: float64 0.5
-- where things "f"<0.5
SELECT count(*) FROM `things` WHERE `f` < ?;
--   1: float64 0.5
-- where things "f"<=0.5
SELECT count(*) FROM `things` WHERE `f` <= ?;
--   1: float64 0.5
-- where things "f">0.5
SELECT count(*) FROM `things` WHERE `f` > ?;
--   1: float64 0.5
-- where things "f">=0.5
SELECT count(*) FROM `things` WHERE `f` >= ?;
--   1: float64 0.5
-- where things "f"==7
SELECT count(*) FROM `things` WHERE `f` = ?;
--   1: float64 7
-- where things "f"<7
SELECT count(*) FROM `things` WHERE `f` < ?;
--   1: float64 7
-- where things "f"<=7
SELECT count(*) FROM `things` WHERE `f` <= ?;
--   1: float64 7
-- where things "f">7
SELECT count(*) FROM `things` WHERE `f` > ?;
--   1: float64 7
-- where things "f">=7
SELECT count(*) FROM `things` WHERE `f` >= ?;
--   1: float64 7
-- where things "f"==9007199254740993
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f"<9007199254740993
SELECT count(*) FROM `things` WHERE `f` <= ?;
--   1: float64 9.007199254740992e+15
-- where things "f"<=9007199254740993
SELECT count(*) FROM `things` WHERE `f` <= ?;
--   1: float64 9.007199254740992e+15
-- where things "f">9007199254740993
SELECT count(*) FROM `things` WHERE `f` > ?;
--   1: float64 9.007199254740992e+15
-- where things "f">=9007199254740993
SELECT count(*) FROM `things` WHERE `f` > ?;
--   1: float64 9.007199254740992e+15
-- where things "f"==9007199254740995
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f"<9007199254740995
SELECT count(*) FROM `things` WHERE `f` < ?;
--   1: float64 9.007199254740996e+15
-- where things "f"<=9007199254740995
SELECT count(*) FROM `things` WHERE `f` < ?;
--   1: float64 9.007199254740996e+15
-- where things "f">9007199254740995
SELECT count(*) FROM `things` WHERE `f` >= ?;
--   1: float64 9.007199254740996e+15
-- where things "f">=9007199254740995
SELECT count(*) FROM `things` WHERE `f` >= ?;
--   1: float64 9.007199254740996e+15
-- where things "f"==9223372036854775807
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f"<9223372036854775807
SELECT count(*) FROM `things` WHERE `f` < ?;
--   1: float64 9.223372036854776e+18
-- where things "f"<=9223372036854775807
SELECT count(*) FROM `things` WHERE `f` < ?;
--   1: float64 9.223372036854776e+18
-- where things "f">9223372036854775807
SELECT count(*) FROM `things` WHERE `f` >= ?;
--   1: float64 9.223372036854776e+18
-- where things "f">=9223372036854775807
SELECT count(*) FROM `things` WHERE `f` >= ?;
--   1: float64 9.223372036854776e+18
-- where things "f"=="NaN"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f"<"NaN"
SELECT count(*) FROM `things` WHERE `f` IS NOT NULL;
-- where things "f"<="NaN"
SELECT count(*) FROM `things` WHERE `f` IS NOT NULL;
-- where things "f">"NaN"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f">="NaN"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f"=="Infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f"<"Infinity"
SELECT count(*) FROM `things` WHERE `f` IS NOT NULL;
-- where things "f"<="Infinity"
SELECT count(*) FROM `things` WHERE `f` IS NOT NULL;
-- where things "f">"Infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f">="Infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "f" in[0.5,7]
SELECT count(*) FROM `things` WHERE (`f` = ? OR `f` = ?);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,7,9007199254740993]
SELECT count(*) FROM `things` WHERE (`f` = ? OR `f` = ? OR FALSE);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,7,9007199254740993,9007199254740995]
SELECT count(*) FROM `things` WHERE (`f` = ? OR `f` = ? OR FALSE OR FALSE);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,7,9007199254740993,9007199254740995,9223372036854775807]
SELECT count(*) FROM `things` WHERE (`f` = ? OR `f` = ? OR FALSE OR FALSE OR FALSE);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in["NaN",0.5,7,9007199254740993,9007199254740995,9223372036854775807]
SELECT count(*) FROM `things` WHERE (`f` = ? OR `f` = ? OR FALSE OR FALSE OR FALSE OR FALSE);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in["Infinity","NaN",0.5,7,9007199254740993,9007199254740995,9223372036854775807]
SELECT count(*) FROM `things` WHERE (`f` = ? OR `f` = ? OR FALSE OR FALSE OR FALSE OR FALSE OR FALSE);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,null]
SELECT count(*) FROM `things` WHERE (`f` IS NULL OR `f` IN (?));
--   1: float64 0.5
-- where things "f" in[0.5]
SELECT count(*) FROM `things` WHERE `f` IN (?, ?, ?, ?);
--   1: float64 0.5
--   2: float64 0.5
--   3: float64 0.5
--   4: float64 0.5
-- where things "f2"==null
SELECT count(*) FROM `things` WHERE `f2` IS NULL;
-- where things "b"==null
SELECT count(*) FROM `things` WHERE `b` IS NULL;
-- where things "b"==true
SELECT count(*) FROM `things` WHERE `b` = ?;
--   1: bool true
-- where things "b"<true
SELECT count(*) FROM `things` WHERE `b` < ?;
--   1: bool true
-- where things "b"<=true
SELECT count(*) FROM `things` WHERE `b` <= ?;
--   1: bool true
-- where things "b">true
SELECT count(*) FROM `things` WHERE `b` > ?;
--   1: bool true
-- where things "b">=true
SELECT count(*) FROM `things` WHERE `b` >= ?;
--   1: bool true
-- where things "b"==false
SELECT count(*) FROM `things` WHERE `b` = FALSE;
-- where things "b"<false
SELECT count(*) FROM `things` WHERE `b` < ?;
--   1: bool false
-- where things "b"<=false
SELECT count(*) FROM `things` WHERE `b` <= ?;
--   1: bool false
-- where things "b">false
SELECT count(*) FROM `things` WHERE `b` > ?;
--   1: bool false
-- where things "b">=false
SELECT count(*) FROM `things` WHERE `b` >= ?;
--   1: bool false
-- where things "b" in[false,true]
SELECT count(*) FROM `things` WHERE `b` IN (?, ?);
--   1: bool true
--   2: bool false
-- where things "b" in[null,true]
SELECT count(*) FROM `things` WHERE (`b` IS NULL OR `b` IN (?));
--   1: bool true
-- where things "b" in[true]
SELECT count(*) FROM `things` WHERE `b` IN (?, ?, ?, ?);
--   1: bool true
--   2: bool true
--   3: bool true
--   4: bool true
-- where things "t"==null
SELECT count(*) FROM `things` WHERE `t` IS NULL;
-- where things "t"==t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `things` WHERE `t` = ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t"<t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `things` WHERE `t` < ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t"<=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `things` WHERE `t` <= ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t">t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `things` WHERE `t` > ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t">=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `things` WHERE `t` >= ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t"==t"infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"<t"infinity"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t"<=t"infinity"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t">t"infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t">=t"infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"==t"-infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"<t"-infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"<=t"-infinity"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t">t"-infinity"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t">=t"-infinity"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t"==t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"<t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t"<=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t">t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t">=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"==t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"<t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t"<=t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "t">t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t">=t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM `things` WHERE `t` IS NOT NULL;
-- where things "t" in[t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM `things` WHERE (`t` = ? OR FALSE);
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t" in[t"-infinity",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM `things` WHERE (`t` = ? OR FALSE OR FALSE);
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t" in[t"+294247-01-10T04:00:54.775806Z",t"-infinity",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM `things` WHERE (`t` = ? OR FALSE OR FALSE OR FALSE);
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t" in[t"+294247-01-10T04:00:54.775806Z",t"-290308-12-21T19:59:05.224193Z",t"-infinity",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM `things` WHERE (`t` = ? OR FALSE OR FALSE OR FALSE OR FALSE);
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t" in[null,t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `things` WHERE (`t` IS NULL OR `t` IN (?));
--   1: string "2026-01-02 03:04:05.678901"
-- where things "t" in[t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `things` WHERE `t` IN (?, ?, ?, ?);
--   1: string "2026-01-02 03:04:05.678901"
--   2: string "2026-01-02 03:04:05.678901"
--   3: string "2026-01-02 03:04:05.678901"
--   4: string "2026-01-02 03:04:05.678901"
-- where things "y"==null
SELECT count(*) FROM `things` WHERE `y` IS NULL;
-- where things "y"==b"AP8="
SELECT count(*) FROM `things` WHERE `y` = ?;
--   1: []byte "\x00\xff"
-- where things "y"<b"AP8="
SELECT count(*) FROM `things` WHERE `y` < ?;
--   1: []byte "\x00\xff"
-- where things "y"<=b"AP8="
SELECT count(*) FROM `things` WHERE `y` <= ?;
--   1: []byte "\x00\xff"
-- where things "y">b"AP8="
SELECT count(*) FROM `things` WHERE `y` > ?;
--   1: []byte "\x00\xff"
-- where things "y">=b"AP8="
SELECT count(*) FROM `things` WHERE `y` >= ?;
--   1: []byte "\x00\xff"
-- where things "y"==b""
SELECT count(*) FROM `things` WHERE `y` = ?;
--   1: []byte ""
-- where things "y"<b""
SELECT count(*) FROM `things` WHERE `y` < ?;
--   1: []byte ""
-- where things "y"<=b""
SELECT count(*) FROM `things` WHERE `y` <= ?;
--   1: []byte ""
-- where things "y">b""
SELECT count(*) FROM `things` WHERE `y` > ?;
--   1: []byte ""
-- where things "y">=b""
SELECT count(*) FROM `things` WHERE `y` >= ?;
--   1: []byte ""
-- where things "y" in[b"",b"AP8="]
SELECT count(*) FROM `things` WHERE `y` IN (?, ?);
--   1: []byte "\x00\xff"
--   2: []byte ""
-- where things "y" in[b"AP8=",null]
SELECT count(*) FROM `things` WHERE (`y` IS NULL OR `y` IN (?));
--   1: []byte "\x00\xff"
-- where things "y" in[b"AP8="]
SELECT count(*) FROM `things` WHERE `y` IN (?, ?, ?, ?);
--   1: []byte "\x00\xff"
--   2: []byte "\x00\xff"
--   3: []byte "\x00\xff"
--   4: []byte "\x00\xff"
-- where things "j"==null
SELECT count(*) FROM `things` WHERE coalesce(json_type(json_extract(`j`, '$')), 'NULL') = 'NULL';
-- where things "j"==true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true'));
-- where things "j"<true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false'));
-- where things "j"<=true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false', 'true'));
-- where things "j">true
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "j">=true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true'));
-- where things "j"==false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false'));
-- where things "j"<false
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "j"<=false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false'));
-- where things "j">false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true'));
-- where things "j">=false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false', 'true'));
-- where things "j"==1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END;
--   1: int64 1
--   2: float64 1
-- where things "j"<1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) < ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) < ? END;
--   1: int64 1
--   2: float64 1
-- where things "j"<=1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) <= ? END;
--   1: int64 1
--   2: float64 1
-- where things "j">1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) > ? END;
--   1: int64 1
--   2: float64 1
-- where things "j">=1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) >= ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) >= ? END;
--   1: int64 1
--   2: float64 1
-- where things "j"==1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END;
--   1: float64 1.5
-- where things "j"<1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) < ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j"<=1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) <= ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j">1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) > ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j">=1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) >= ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j"==100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j"<100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) < ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) < ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j"<=100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) <= ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) <= ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j">100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) > ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) > ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j">=100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) >= ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) >= ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j"=="Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j"<"Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j"<="Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j">"Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j">="Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j"=="NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j"<"NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j"<="NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j">"NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j">="NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j"=="x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin = ?);
--   1: string "x"
-- where things "j"<"x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "x"
-- where things "j"<="x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin <= ?);
--   1: string "x"
-- where things "j">"x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin > ?);
--   1: string "x"
-- where things "j">="x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "x"
-- where things "j"==""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin = ?);
--   1: string ""
-- where things "j"<""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string ""
-- where things "j"<=""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin <= ?);
--   1: string ""
-- where things "j">""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin > ?);
--   1: string ""
-- where things "j">=""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string ""
-- where things "j" in[false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')));
-- where things "j" in[1,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
-- where things "j" in[1,1.5,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
-- where things "j" in[1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
-- where things "j" in["Infinity",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
-- where things "j" in["Infinity","NaN",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
-- where things "j" in["Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin = ?));
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
--   6: string "x"
-- where things "j" in["","Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR CASE WHEN json_type(json_extract(`j`, '$')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin = ?) OR (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin = ?));
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
--   6: string "x"
--   7: string ""
-- where things "j" in[null,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR coalesce(json_type(json_extract(`j`, '$')), 'NULL') = 'NULL');
-- where things "j" in[true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')) OR (json_type(json_extract(`j`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$')) IN ('true')));
-- where things "j" contains ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where things "j" startsWith ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where things "j" endsWith ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where things "j" contains "ab"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ab"
-- where things "j" startsWith "ab"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ab"
--   2: string "ac"
-- where things "j" endsWith "ab"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "ab"
-- where things "j" contains "%_"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "%_"
-- where things "j" startsWith "%_"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "%_"
--   2: string "%`"
-- where things "j" endsWith "%_"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "%_"
-- where things "j" contains "é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "é"
-- where things "j" startsWith "é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "é"
--   2: string "ê"
-- where things "j" endsWith "é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "é"
-- where things "j" contains "ÿ"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ÿ"
-- where things "j" startsWith "ÿ"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "j" endsWith "ÿ"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "ÿ"
-- where things "j" contains "퟿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\ud7ff"
-- where things "j" startsWith "퟿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "j" endsWith "퟿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\ud7ff"
-- where things "j" contains "a􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "a\U0010ffff"
-- where things "j" startsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "j" endsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "a\U0010ffff"
-- where things "j" contains "􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\U0010ffff"
-- where things "j" startsWith "􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "\U0010ffff"
-- where things "j" endsWith "􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\U0010ffff"
-- where things "j" like "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where things "j" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'STRING' AND (json_unquote(json_extract(`j`, '$'))) COLLATE utf8mb4_nopad_bin REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where things len("j")==2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$')) END = ?;
--   1: int64 2
-- where things len("j")<2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$')) END < ?;
--   1: int64 2
-- where things len("j")<=2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$')) END <= ?;
--   1: int64 2
-- where things len("j")>2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$')) END > ?;
--   1: int64 2
-- where things len("j")>=2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$')) END >= ?;
--   1: int64 2
-- where things "j" has null
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'NULL'));
-- where things "j" has true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = 'true'));
-- where things "j" has false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = 'false'));
-- where things "j" has 1
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN CAST(json_unquote(basalt_e) AS DECIMAL(65)) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: int64 1
--   2: float64 1
-- where things "j" has 1.5
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN FALSE WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: float64 1.5
-- where things "j" has 100000000000000000000
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN (json_unquote(basalt_e) + 0e0) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j" has "Infinity"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN FALSE WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END));
-- where things "j" has "NaN"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN FALSE WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END));
-- where things "j" has "x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e) COLLATE utf8mb4_nopad_bin = ?));
--   1: string "x"
-- where things "j" has ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e) COLLATE utf8mb4_nopad_bin = ?));
--   1: string ""
-- where things "j.a.b c"==null
SELECT count(*) FROM `things` WHERE coalesce(json_type(json_extract(`j`, '$."a"."b c"')), 'NULL') = 'NULL';
-- where things "j.a.b c"==true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true'));
-- where things "j.a.b c"<true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false'));
-- where things "j.a.b c"<=true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false', 'true'));
-- where things "j.a.b c">true
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "j.a.b c">=true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true'));
-- where things "j.a.b c"==false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false'));
-- where things "j.a.b c"<false
SELECT count(*) FROM `things` WHERE FALSE;
-- where things "j.a.b c"<=false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false'));
-- where things "j.a.b c">false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true'));
-- where things "j.a.b c">=false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false', 'true'));
-- where things "j.a.b c"==1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END;
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c"<1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) < ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) < ? END;
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c"<=1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) <= ? END;
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c">1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) > ? END;
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c">=1
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) >= ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) >= ? END;
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c"==1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END;
--   1: float64 1.5
-- where things "j.a.b c"<1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) < ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j.a.b c"<=1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) <= ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j.a.b c">1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) > ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j.a.b c">=1.5
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) >= ? END;
--   1: int64 1
--   2: float64 1.5
-- where things "j.a.b c"==100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j.a.b c"<100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) < ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) < ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j.a.b c"<=100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) <= ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) <= ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j.a.b c">100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) > ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) > ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j.a.b c">=100000000000000000000
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) >= ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) >= ? END;
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j.a.b c"=="Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j.a.b c"<"Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j.a.b c"<="Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j.a.b c">"Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j.a.b c">="Infinity"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j.a.b c"=="NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j.a.b c"<"NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j.a.b c"<="NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN TRUE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN TRUE END;
-- where things "j.a.b c">"NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j.a.b c">="NaN"
SELECT count(*) FROM `things` WHERE CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END;
-- where things "j.a.b c"=="x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?);
--   1: string "x"
-- where things "j.a.b c"<"x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "x"
-- where things "j.a.b c"<="x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin <= ?);
--   1: string "x"
-- where things "j.a.b c">"x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin > ?);
--   1: string "x"
-- where things "j.a.b c">="x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "x"
-- where things "j.a.b c"==""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?);
--   1: string ""
-- where things "j.a.b c"<""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string ""
-- where things "j.a.b c"<=""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin <= ?);
--   1: string ""
-- where things "j.a.b c">""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin > ?);
--   1: string ""
-- where things "j.a.b c">=""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string ""
-- where things "j.a.b c" in[false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')));
-- where things "j.a.b c" in[1,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c" in[1,1.5,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
-- where things "j.a.b c" in[1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
-- where things "j.a.b c" in["Infinity",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
-- where things "j.a.b c" in["Infinity","NaN",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END);
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
-- where things "j.a.b c" in["Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?));
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
--   6: string "x"
-- where things "j.a.b c" in["","Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('false')) OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`j`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR CASE WHEN json_type(json_extract(`j`, '$."a"."b c"')) = 'INTEGER' THEN FALSE WHEN json_type(json_extract(`j`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?));
--   1: int64 1
--   2: float64 1
--   3: float64 1.5
--   4: float64 1e+20
--   5: float64 1e+20
--   6: string "x"
--   7: string ""
-- where things "j.a.b c" in[null,true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR coalesce(json_type(json_extract(`j`, '$."a"."b c"')), 'NULL') = 'NULL');
-- where things "j.a.b c" in[true]
SELECT count(*) FROM `things` WHERE ((json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')) OR (json_type(json_extract(`j`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b c"')) IN ('true')));
-- where things "j.a.b c" contains ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where things "j.a.b c" startsWith ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where things "j.a.b c" endsWith ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where things "j.a.b c" contains "ab"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ab"
-- where things "j.a.b c" startsWith "ab"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ab"
--   2: string "ac"
-- where things "j.a.b c" endsWith "ab"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "ab"
-- where things "j.a.b c" contains "%_"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "%_"
-- where things "j.a.b c" startsWith "%_"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "%_"
--   2: string "%`"
-- where things "j.a.b c" endsWith "%_"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "%_"
-- where things "j.a.b c" contains "é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "é"
-- where things "j.a.b c" startsWith "é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "é"
--   2: string "ê"
-- where things "j.a.b c" endsWith "é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "é"
-- where things "j.a.b c" contains "ÿ"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ÿ"
-- where things "j.a.b c" startsWith "ÿ"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "j.a.b c" endsWith "ÿ"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "ÿ"
-- where things "j.a.b c" contains "퟿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\ud7ff"
-- where things "j.a.b c" startsWith "퟿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "j.a.b c" endsWith "퟿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\ud7ff"
-- where things "j.a.b c" contains "a􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "a\U0010ffff"
-- where things "j.a.b c" startsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "j.a.b c" endsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "a\U0010ffff"
-- where things "j.a.b c" contains "􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\U0010ffff"
-- where things "j.a.b c" startsWith "􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "\U0010ffff"
-- where things "j.a.b c" endsWith "􏿿"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\U0010ffff"
-- where things "j.a.b c" like "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where things "j.a.b c" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`j`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where things len("j.a.b c")==2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$."a"."b c"')) END = ?;
--   1: int64 2
-- where things len("j.a.b c")<2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$."a"."b c"')) END < ?;
--   1: int64 2
-- where things len("j.a.b c")<=2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$."a"."b c"')) END <= ?;
--   1: int64 2
-- where things len("j.a.b c")>2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$."a"."b c"')) END > ?;
--   1: int64 2
-- where things len("j.a.b c")>=2
SELECT count(*) FROM `things` WHERE CASE json_type(json_extract(`j`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`j`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`j`, '$."a"."b c"')) END >= ?;
--   1: int64 2
-- where things "j.a.b c" has null
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'NULL'));
-- where things "j.a.b c" has true
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = 'true'));
-- where things "j.a.b c" has false
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = 'false'));
-- where things "j.a.b c" has 1
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN CAST(json_unquote(basalt_e) AS DECIMAL(65)) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: int64 1
--   2: float64 1
-- where things "j.a.b c" has 1.5
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN FALSE WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: float64 1.5
-- where things "j.a.b c" has 100000000000000000000
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN (json_unquote(basalt_e) + 0e0) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: float64 1e+20
--   2: float64 1e+20
-- where things "j.a.b c" has "Infinity"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN FALSE WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END));
-- where things "j.a.b c" has "NaN"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN FALSE WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN FALSE END));
-- where things "j.a.b c" has "x"
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e) COLLATE utf8mb4_nopad_bin = ?));
--   1: string "x"
-- where things "j.a.b c" has ""
SELECT count(*) FROM `things` WHERE (json_type(json_extract(`j`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`things`.`j`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e) COLLATE utf8mb4_nopad_bin = ?));
--   1: string ""
-- where things "owner"==null
SELECT count(*) FROM `things` WHERE `owner` IS NULL;
-- where things "owner" contains ""
SELECT count(*) FROM `things` WHERE (`owner` IS NOT NULL);
-- where things "owner" startsWith ""
SELECT count(*) FROM `things` WHERE (`owner` IS NOT NULL);
-- where things "owner" endsWith ""
SELECT count(*) FROM `things` WHERE (`owner` IS NOT NULL);
-- where things "owner" contains "ab"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "ab"
-- where things "owner" startsWith "ab"
SELECT count(*) FROM `things` WHERE (`owner` >= ? AND `owner` < ?);
--   1: string "ab"
--   2: string "ac"
-- where things "owner" endsWith "ab"
SELECT count(*) FROM `things` WHERE (right(`owner`, 2) = ?);
--   1: string "ab"
-- where things "owner" contains "%_"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "%_"
-- where things "owner" startsWith "%_"
SELECT count(*) FROM `things` WHERE (`owner` >= ? AND `owner` < ?);
--   1: string "%_"
--   2: string "%`"
-- where things "owner" endsWith "%_"
SELECT count(*) FROM `things` WHERE (right(`owner`, 2) = ?);
--   1: string "%_"
-- where things "owner" contains "é"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "é"
-- where things "owner" startsWith "é"
SELECT count(*) FROM `things` WHERE (`owner` >= ? AND `owner` < ?);
--   1: string "é"
--   2: string "ê"
-- where things "owner" endsWith "é"
SELECT count(*) FROM `things` WHERE (right(`owner`, 1) = ?);
--   1: string "é"
-- where things "owner" contains "ÿ"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "ÿ"
-- where things "owner" startsWith "ÿ"
SELECT count(*) FROM `things` WHERE (`owner` >= ? AND `owner` < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "owner" endsWith "ÿ"
SELECT count(*) FROM `things` WHERE (right(`owner`, 1) = ?);
--   1: string "ÿ"
-- where things "owner" contains "퟿"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "\ud7ff"
-- where things "owner" startsWith "퟿"
SELECT count(*) FROM `things` WHERE (`owner` >= ? AND `owner` < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "owner" endsWith "퟿"
SELECT count(*) FROM `things` WHERE (right(`owner`, 1) = ?);
--   1: string "\ud7ff"
-- where things "owner" contains "a􏿿"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "a\U0010ffff"
-- where things "owner" startsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (`owner` >= ? AND `owner` < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "owner" endsWith "a􏿿"
SELECT count(*) FROM `things` WHERE (right(`owner`, 2) = ?);
--   1: string "a\U0010ffff"
-- where things "owner" contains "􏿿"
SELECT count(*) FROM `things` WHERE (instr(`owner`, ?) > 0);
--   1: string "\U0010ffff"
-- where things "owner" startsWith "􏿿"
SELECT count(*) FROM `things` WHERE (`owner` >= ?);
--   1: string "\U0010ffff"
-- where things "owner" endsWith "􏿿"
SELECT count(*) FROM `things` WHERE (right(`owner`, 1) = ?);
--   1: string "\U0010ffff"
-- where things "owner" like "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`owner` LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where things "owner" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `things` WHERE (`owner` REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where things len("owner")==2
SELECT count(*) FROM `things` WHERE char_length(`owner`) = ?;
--   1: int64 2
-- where things len("owner")<2
SELECT count(*) FROM `things` WHERE char_length(`owner`) < ?;
--   1: int64 2
-- where things len("owner")<=2
SELECT count(*) FROM `things` WHERE char_length(`owner`) <= ?;
--   1: int64 2
-- where things len("owner")>2
SELECT count(*) FROM `things` WHERE char_length(`owner`) > ?;
--   1: int64 2
-- where things len("owner")>=2
SELECT count(*) FROM `things` WHERE char_length(`owner`) >= ?;
--   1: int64 2
-- where existing "id"==null
SELECT count(*) FROM `existing` WHERE `id` IS NULL;
-- where existing "id"==1
SELECT count(*) FROM `existing` WHERE `id` = ?;
--   1: int64 1
-- where existing "id"<1
SELECT count(*) FROM `existing` WHERE `id` < ?;
--   1: int64 1
-- where existing "id"<=1
SELECT count(*) FROM `existing` WHERE `id` <= ?;
--   1: int64 1
-- where existing "id">1
SELECT count(*) FROM `existing` WHERE `id` > ?;
--   1: int64 1
-- where existing "id">=1
SELECT count(*) FROM `existing` WHERE `id` >= ?;
--   1: int64 1
-- where existing "id" in[1,null]
SELECT count(*) FROM `existing` WHERE (`id` IS NULL OR `id` IN (?));
--   1: int64 1
-- where existing "id" in[1]
SELECT count(*) FROM `existing` WHERE `id` IN (?, ?, ?, ?);
--   1: int64 1
--   2: int64 1
--   3: int64 1
--   4: int64 1
-- where existing "uuid"==null
SELECT count(*) FROM `existing` WHERE `uuid` IS NULL;
-- where existing "uuid"=="6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) = ?;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<"6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<="6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) <= ?;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">"6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) > ?;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">="6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ?;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"=="6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) = ?;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<"6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<="6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) <= ?;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">"6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) > ?;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">="6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ?;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid" in["6BA7B810-9dad-11d1-80b4-00c04fd430c8","6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IN (?, ?);
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   2: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid" in["6ba7b810-9dad-11d1-80b4-00c04fd430c8",null]
SELECT count(*) FROM `existing` WHERE (`uuid` IS NULL OR (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IN (?));
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid" in["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IN (?, ?, ?, ?);
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   2: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   3: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   4: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid" contains ""
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "uuid" startsWith ""
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "uuid" endsWith ""
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "uuid" contains "ab"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ab"
-- where existing "uuid" startsWith "ab"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ab"
--   2: string "ac"
-- where existing "uuid" endsWith "ab"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "ab"
-- where existing "uuid" contains "%_"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "%_"
-- where existing "uuid" startsWith "%_"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "%_"
--   2: string "%`"
-- where existing "uuid" endsWith "%_"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "%_"
-- where existing "uuid" contains "é"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "é"
-- where existing "uuid" startsWith "é"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "é"
--   2: string "ê"
-- where existing "uuid" endsWith "é"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "é"
-- where existing "uuid" contains "ÿ"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ÿ"
-- where existing "uuid" startsWith "ÿ"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "uuid" endsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "ÿ"
-- where existing "uuid" contains "퟿"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\ud7ff"
-- where existing "uuid" startsWith "퟿"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "uuid" endsWith "퟿"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\ud7ff"
-- where existing "uuid" contains "a􏿿"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "a\U0010ffff"
-- where existing "uuid" startsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "uuid" endsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "a\U0010ffff"
-- where existing "uuid" contains "􏿿"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\U0010ffff"
-- where existing "uuid" startsWith "􏿿"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ?);
--   1: string "\U0010ffff"
-- where existing "uuid" endsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\U0010ffff"
-- where existing "uuid" like "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where existing "uuid" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where existing len("uuid")==2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) = ?;
--   1: int64 2
-- where existing len("uuid")<2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) < ?;
--   1: int64 2
-- where existing len("uuid")<=2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) <= ?;
--   1: int64 2
-- where existing len("uuid")>2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) > ?;
--   1: int64 2
-- where existing len("uuid")>=2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) >= ?;
--   1: int64 2
-- where existing "varchar"==null
SELECT count(*) FROM `existing` WHERE `varchar` IS NULL;
-- where existing "varchar"=="v"
SELECT count(*) FROM `existing` WHERE (`varchar` = ? AND (`varchar` COLLATE utf8mb4_nopad_bin) = ?);
--   1: string "v"
--   2: string "v"
-- where existing "varchar"<"v"
SELECT count(*) FROM `existing` WHERE (`varchar` COLLATE utf8mb4_nopad_bin) < ?;
--   1: string "v"
-- where existing "varchar"<="v"
SELECT count(*) FROM `existing` WHERE (`varchar` COLLATE utf8mb4_nopad_bin) <= ?;
--   1: string "v"
-- where existing "varchar">"v"
SELECT count(*) FROM `existing` WHERE (`varchar` COLLATE utf8mb4_nopad_bin) > ?;
--   1: string "v"
-- where existing "varchar">="v"
SELECT count(*) FROM `existing` WHERE (`varchar` COLLATE utf8mb4_nopad_bin) >= ?;
--   1: string "v"
-- where existing "varchar" in["v",null]
SELECT count(*) FROM `existing` WHERE (`varchar` IS NULL OR (`varchar` IN (?) AND (`varchar` COLLATE utf8mb4_nopad_bin) IN (?)));
--   1: string "v"
--   2: string "v"
-- where existing "varchar" in["v"]
SELECT count(*) FROM `existing` WHERE (`varchar` IN (?, ?, ?) AND (`varchar` COLLATE utf8mb4_nopad_bin) IN (?, ?, ?, ?));
--   1: string "v"
--   2: string "v"
--   3: string "v"
--   4: string "v"
--   5: string "v"
--   6: string "v"
--   7: string "v"
-- where existing "varchar" contains ""
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "varchar" startsWith ""
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "varchar" endsWith ""
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "varchar" contains "ab"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ab"
-- where existing "varchar" startsWith "ab"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ? AND (`varchar` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ab"
--   2: string "ac"
-- where existing "varchar" endsWith "ab"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "ab"
-- where existing "varchar" contains "%_"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "%_"
-- where existing "varchar" startsWith "%_"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ? AND (`varchar` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "%_"
--   2: string "%`"
-- where existing "varchar" endsWith "%_"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "%_"
-- where existing "varchar" contains "é"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "é"
-- where existing "varchar" startsWith "é"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ? AND (`varchar` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "é"
--   2: string "ê"
-- where existing "varchar" endsWith "é"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "é"
-- where existing "varchar" contains "ÿ"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ÿ"
-- where existing "varchar" startsWith "ÿ"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ? AND (`varchar` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "varchar" endsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "ÿ"
-- where existing "varchar" contains "퟿"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\ud7ff"
-- where existing "varchar" startsWith "퟿"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ? AND (`varchar` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "varchar" endsWith "퟿"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\ud7ff"
-- where existing "varchar" contains "a􏿿"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "a\U0010ffff"
-- where existing "varchar" startsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ? AND (`varchar` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "varchar" endsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "a\U0010ffff"
-- where existing "varchar" contains "􏿿"
SELECT count(*) FROM `existing` WHERE (instr((`varchar` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\U0010ffff"
-- where existing "varchar" startsWith "􏿿"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) >= ?);
--   1: string "\U0010ffff"
-- where existing "varchar" endsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (right((`varchar` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\U0010ffff"
-- where existing "varchar" like "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where existing "varchar" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((`varchar` COLLATE utf8mb4_nopad_bin) REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where existing len("varchar")==2
SELECT count(*) FROM `existing` WHERE char_length((`varchar` COLLATE utf8mb4_nopad_bin)) = ?;
--   1: int64 2
-- where existing len("varchar")<2
SELECT count(*) FROM `existing` WHERE char_length((`varchar` COLLATE utf8mb4_nopad_bin)) < ?;
--   1: int64 2
-- where existing len("varchar")<=2
SELECT count(*) FROM `existing` WHERE char_length((`varchar` COLLATE utf8mb4_nopad_bin)) <= ?;
--   1: int64 2
-- where existing len("varchar")>2
SELECT count(*) FROM `existing` WHERE char_length((`varchar` COLLATE utf8mb4_nopad_bin)) > ?;
--   1: int64 2
-- where existing len("varchar")>=2
SELECT count(*) FROM `existing` WHERE char_length((`varchar` COLLATE utf8mb4_nopad_bin)) >= ?;
--   1: int64 2
-- where existing "collated"==null
SELECT count(*) FROM `existing` WHERE `collated` IS NULL;
-- where existing "collated"=="c"
SELECT count(*) FROM `existing` WHERE (`collated` = ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) = ?);
--   1: string "c"
--   2: string "c"
-- where existing "collated"<"c"
SELECT count(*) FROM `existing` WHERE (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?;
--   1: string "c"
-- where existing "collated"<="c"
SELECT count(*) FROM `existing` WHERE (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) <= ?;
--   1: string "c"
-- where existing "collated">"c"
SELECT count(*) FROM `existing` WHERE (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) > ?;
--   1: string "c"
-- where existing "collated">="c"
SELECT count(*) FROM `existing` WHERE (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ?;
--   1: string "c"
-- where existing "collated" in["c",null]
SELECT count(*) FROM `existing` WHERE (`collated` IS NULL OR (`collated` IN (?) AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IN (?)));
--   1: string "c"
--   2: string "c"
-- where existing "collated" in["c"]
SELECT count(*) FROM `existing` WHERE (`collated` IN (?, ?, ?) AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IN (?, ?, ?, ?));
--   1: string "c"
--   2: string "c"
--   3: string "c"
--   4: string "c"
--   5: string "c"
--   6: string "c"
--   7: string "c"
-- where existing "collated" contains ""
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "collated" startsWith ""
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "collated" endsWith ""
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "collated" contains "ab"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ab"
-- where existing "collated" startsWith "ab"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ab"
--   2: string "ac"
-- where existing "collated" endsWith "ab"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "ab"
-- where existing "collated" contains "%_"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "%_"
-- where existing "collated" startsWith "%_"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "%_"
--   2: string "%`"
-- where existing "collated" endsWith "%_"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "%_"
-- where existing "collated" contains "é"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "é"
-- where existing "collated" startsWith "é"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "é"
--   2: string "ê"
-- where existing "collated" endsWith "é"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "é"
-- where existing "collated" contains "ÿ"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ÿ"
-- where existing "collated" startsWith "ÿ"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "collated" endsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "ÿ"
-- where existing "collated" contains "퟿"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\ud7ff"
-- where existing "collated" startsWith "퟿"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "collated" endsWith "퟿"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\ud7ff"
-- where existing "collated" contains "a􏿿"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "a\U0010ffff"
-- where existing "collated" startsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ? AND (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "collated" endsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "a\U0010ffff"
-- where existing "collated" contains "􏿿"
SELECT count(*) FROM `existing` WHERE (instr((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\U0010ffff"
-- where existing "collated" startsWith "􏿿"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) >= ?);
--   1: string "\U0010ffff"
-- where existing "collated" endsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (right((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\U0010ffff"
-- where existing "collated" like "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where existing "collated" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where existing len("collated")==2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) = ?;
--   1: int64 2
-- where existing len("collated")<2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) < ?;
--   1: int64 2
-- where existing len("collated")<=2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) <= ?;
--   1: int64 2
-- where existing len("collated")>2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) > ?;
--   1: int64 2
-- where existing len("collated")>=2
SELECT count(*) FROM `existing` WHERE char_length((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) >= ?;
--   1: int64 2
-- where existing "enum"==null
SELECT count(*) FROM `existing` WHERE `enum` IS NULL;
-- where existing "enum"=="red"
SELECT count(*) FROM `existing` WHERE (`enum` = ? AND (`enum` COLLATE utf8mb4_nopad_bin) = ?);
--   1: string "red"
--   2: string "red"
-- where existing "enum"<"red"
SELECT count(*) FROM `existing` WHERE (`enum` COLLATE utf8mb4_nopad_bin) < ?;
--   1: string "red"
-- where existing "enum"<="red"
SELECT count(*) FROM `existing` WHERE (`enum` COLLATE utf8mb4_nopad_bin) <= ?;
--   1: string "red"
-- where existing "enum">"red"
SELECT count(*) FROM `existing` WHERE (`enum` COLLATE utf8mb4_nopad_bin) > ?;
--   1: string "red"
-- where existing "enum">="red"
SELECT count(*) FROM `existing` WHERE (`enum` COLLATE utf8mb4_nopad_bin) >= ?;
--   1: string "red"
-- where existing "enum" in["red",null]
SELECT count(*) FROM `existing` WHERE (`enum` IS NULL OR (`enum` IN (?) AND (`enum` COLLATE utf8mb4_nopad_bin) IN (?)));
--   1: string "red"
--   2: string "red"
-- where existing "enum" in["red"]
SELECT count(*) FROM `existing` WHERE (`enum` IN (?, ?, ?) AND (`enum` COLLATE utf8mb4_nopad_bin) IN (?, ?, ?, ?));
--   1: string "red"
--   2: string "red"
--   3: string "red"
--   4: string "red"
--   5: string "red"
--   6: string "red"
--   7: string "red"
-- where existing "enum" contains ""
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "enum" startsWith ""
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "enum" endsWith ""
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) IS NOT NULL);
-- where existing "enum" contains "ab"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ab"
-- where existing "enum" startsWith "ab"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ? AND (`enum` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ab"
--   2: string "ac"
-- where existing "enum" endsWith "ab"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "ab"
-- where existing "enum" contains "%_"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "%_"
-- where existing "enum" startsWith "%_"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ? AND (`enum` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "%_"
--   2: string "%`"
-- where existing "enum" endsWith "%_"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "%_"
-- where existing "enum" contains "é"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "é"
-- where existing "enum" startsWith "é"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ? AND (`enum` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "é"
--   2: string "ê"
-- where existing "enum" endsWith "é"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "é"
-- where existing "enum" contains "ÿ"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "ÿ"
-- where existing "enum" startsWith "ÿ"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ? AND (`enum` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "enum" endsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "ÿ"
-- where existing "enum" contains "퟿"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\ud7ff"
-- where existing "enum" startsWith "퟿"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ? AND (`enum` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "enum" endsWith "퟿"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\ud7ff"
-- where existing "enum" contains "a􏿿"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "a\U0010ffff"
-- where existing "enum" startsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ? AND (`enum` COLLATE utf8mb4_nopad_bin) < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "enum" endsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 2) = ?);
--   1: string "a\U0010ffff"
-- where existing "enum" contains "􏿿"
SELECT count(*) FROM `existing` WHERE (instr((`enum` COLLATE utf8mb4_nopad_bin), ?) > 0);
--   1: string "\U0010ffff"
-- where existing "enum" startsWith "􏿿"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) >= ?);
--   1: string "\U0010ffff"
-- where existing "enum" endsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (right((`enum` COLLATE utf8mb4_nopad_bin), 1) = ?);
--   1: string "\U0010ffff"
-- where existing "enum" like "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where existing "enum" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE ((`enum` COLLATE utf8mb4_nopad_bin) REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where existing len("enum")==2
SELECT count(*) FROM `existing` WHERE char_length((`enum` COLLATE utf8mb4_nopad_bin)) = ?;
--   1: int64 2
-- where existing len("enum")<2
SELECT count(*) FROM `existing` WHERE char_length((`enum` COLLATE utf8mb4_nopad_bin)) < ?;
--   1: int64 2
-- where existing len("enum")<=2
SELECT count(*) FROM `existing` WHERE char_length((`enum` COLLATE utf8mb4_nopad_bin)) <= ?;
--   1: int64 2
-- where existing len("enum")>2
SELECT count(*) FROM `existing` WHERE char_length((`enum` COLLATE utf8mb4_nopad_bin)) > ?;
--   1: int64 2
-- where existing len("enum")>=2
SELECT count(*) FROM `existing` WHERE char_length((`enum` COLLATE utf8mb4_nopad_bin)) >= ?;
--   1: int64 2
-- where existing "smallint"==null
SELECT count(*) FROM `existing` WHERE `smallint` IS NULL;
-- where existing "smallint"==3
SELECT count(*) FROM `existing` WHERE `smallint` = ?;
--   1: int64 3
-- where existing "smallint"<3
SELECT count(*) FROM `existing` WHERE `smallint` < ?;
--   1: int64 3
-- where existing "smallint"<=3
SELECT count(*) FROM `existing` WHERE `smallint` <= ?;
--   1: int64 3
-- where existing "smallint">3
SELECT count(*) FROM `existing` WHERE `smallint` > ?;
--   1: int64 3
-- where existing "smallint">=3
SELECT count(*) FROM `existing` WHERE `smallint` >= ?;
--   1: int64 3
-- where existing "smallint"==0.5
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "smallint"<0.5
SELECT count(*) FROM `existing` WHERE `smallint` <= ?;
--   1: int64 0
-- where existing "smallint"<=0.5
SELECT count(*) FROM `existing` WHERE `smallint` <= ?;
--   1: int64 0
-- where existing "smallint">0.5
SELECT count(*) FROM `existing` WHERE `smallint` > ?;
--   1: int64 0
-- where existing "smallint">=0.5
SELECT count(*) FROM `existing` WHERE `smallint` > ?;
--   1: int64 0
-- where existing "smallint" in[0.5,3]
SELECT count(*) FROM `existing` WHERE (`smallint` = ? OR FALSE);
--   1: int64 3
-- where existing "smallint" in[3,null]
SELECT count(*) FROM `existing` WHERE (`smallint` IS NULL OR `smallint` IN (?));
--   1: int64 3
-- where existing "smallint" in[3]
SELECT count(*) FROM `existing` WHERE `smallint` IN (?, ?, ?, ?);
--   1: int64 3
--   2: int64 3
--   3: int64 3
--   4: int64 3
-- where existing "numeric"==null
SELECT count(*) FROM `existing` WHERE `numeric` IS NULL;
-- where existing "numeric"==0.1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) = ?;
--   1: float64 0.1
-- where existing "numeric"<0.1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) < ?;
--   1: float64 0.1
-- where existing "numeric"<=0.1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) <= ?;
--   1: float64 0.1
-- where existing "numeric">0.1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) > ?;
--   1: float64 0.1
-- where existing "numeric">=0.1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) >= ?;
--   1: float64 0.1
-- where existing "numeric"==1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) = ?;
--   1: float64 1
-- where existing "numeric"<1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) < ?;
--   1: float64 1
-- where existing "numeric"<=1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) <= ?;
--   1: float64 1
-- where existing "numeric">1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) > ?;
--   1: float64 1
-- where existing "numeric">=1
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) >= ?;
--   1: float64 1
-- where existing "numeric" in[0.1,1]
SELECT count(*) FROM `existing` WHERE ((`numeric` + 0e0) = ? OR (`numeric` + 0e0) = ?);
--   1: float64 0.1
--   2: float64 1
-- where existing "numeric" in[0.1,null]
SELECT count(*) FROM `existing` WHERE (`numeric` IS NULL OR (`numeric` + 0e0) IN (?));
--   1: float64 0.1
-- where existing "numeric" in[0.1]
SELECT count(*) FROM `existing` WHERE (`numeric` + 0e0) IN (?, ?, ?, ?);
--   1: float64 0.1
--   2: float64 0.1
--   3: float64 0.1
--   4: float64 0.1
-- where existing "real"==null
SELECT count(*) FROM `existing` WHERE `real` IS NULL;
-- where existing "real"==1.5
SELECT count(*) FROM `existing` WHERE (`real` + 0e0) = ?;
--   1: float64 1.5
-- where existing "real"<1.5
SELECT count(*) FROM `existing` WHERE (`real` + 0e0) < ?;
--   1: float64 1.5
-- where existing "real"<=1.5
SELECT count(*) FROM `existing` WHERE (`real` + 0e0) <= ?;
--   1: float64 1.5
-- where existing "real">1.5
SELECT count(*) FROM `existing` WHERE (`real` + 0e0) > ?;
--   1: float64 1.5
-- where existing "real">=1.5
SELECT count(*) FROM `existing` WHERE (`real` + 0e0) >= ?;
--   1: float64 1.5
-- where existing "real" in[1.5,null]
SELECT count(*) FROM `existing` WHERE (`real` IS NULL OR (`real` + 0e0) IN (?));
--   1: float64 1.5
-- where existing "real" in[1.5]
SELECT count(*) FROM `existing` WHERE (`real` + 0e0) IN (?, ?, ?, ?);
--   1: float64 1.5
--   2: float64 1.5
--   3: float64 1.5
--   4: float64 1.5
-- where existing "timestamp"==null
SELECT count(*) FROM `existing` WHERE `timestamp` IS NULL;
-- where existing "timestamp"==t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `timestamp` = ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp"<t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `timestamp` < ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp"<=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `timestamp` <= ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp">t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `timestamp` > ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp">=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `timestamp` >= ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp"==t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "timestamp"<t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `existing` WHERE `timestamp` IS NOT NULL;
-- where existing "timestamp"<=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `existing` WHERE `timestamp` IS NOT NULL;
-- where existing "timestamp">t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "timestamp">=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "timestamp"==t"infinity"
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "timestamp"<t"infinity"
SELECT count(*) FROM `existing` WHERE `timestamp` IS NOT NULL;
-- where existing "timestamp"<=t"infinity"
SELECT count(*) FROM `existing` WHERE `timestamp` IS NOT NULL;
-- where existing "timestamp">t"infinity"
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "timestamp">=t"infinity"
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "timestamp" in[t"+294247-01-10T04:00:54.775806Z",t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `existing` WHERE (`timestamp` = ? OR FALSE);
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp" in[t"+294247-01-10T04:00:54.775806Z",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM `existing` WHERE (`timestamp` = ? OR FALSE OR FALSE);
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp" in[null,t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `existing` WHERE (`timestamp` IS NULL OR `timestamp` IN (?));
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "timestamp" in[t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `existing` WHERE `timestamp` IN (?, ?, ?, ?);
--   1: string "2026-01-02 03:04:05.678901"
--   2: string "2026-01-02 03:04:05.678901"
--   3: string "2026-01-02 03:04:05.678901"
--   4: string "2026-01-02 03:04:05.678901"
-- where existing "date"==null
SELECT count(*) FROM `existing` WHERE `date` IS NULL;
-- where existing "date"==t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `date` = ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "date"<t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `date` < ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "date"<=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `date` <= ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "date">t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `date` > ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "date">=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM `existing` WHERE `date` >= ?;
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "date" in[null,t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `existing` WHERE (`date` IS NULL OR `date` IN (?));
--   1: string "2026-01-02 03:04:05.678901"
-- where existing "date" in[t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM `existing` WHERE `date` IN (?, ?, ?, ?);
--   1: string "2026-01-02 03:04:05.678901"
--   2: string "2026-01-02 03:04:05.678901"
--   3: string "2026-01-02 03:04:05.678901"
--   4: string "2026-01-02 03:04:05.678901"
-- where existing "json"==null
SELECT count(*) FROM `existing` WHERE coalesce(json_type(json_extract(`json`, '$')), 'NULL') = 'NULL';
-- where existing "json"==1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json"<1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) < ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) < ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json"<=1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) <= ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json">1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) > ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json">=1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) >= ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) >= ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json"=="x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin = ?);
--   1: string "x"
-- where existing "json"<"x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "x"
-- where existing "json"<="x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin <= ?);
--   1: string "x"
-- where existing "json">"x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin > ?);
--   1: string "x"
-- where existing "json">="x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "x"
-- where existing "json"==true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$')) IN ('true'));
-- where existing "json"<true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$')) IN ('false'));
-- where existing "json"<=true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$')) IN ('false', 'true'));
-- where existing "json">true
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "json">=true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$')) IN ('true'));
-- where existing "json" in["x",1]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END OR (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin = ?));
--   1: int64 1
--   2: float64 1
--   3: string "x"
-- where existing "json" in["x",1,true]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END OR (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin = ?) OR (json_type(json_extract(`json`, '$')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$')) IN ('true')));
--   1: int64 1
--   2: float64 1
--   3: string "x"
-- where existing "json" in[1,null]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END OR coalesce(json_type(json_extract(`json`, '$')), 'NULL') = 'NULL');
--   1: int64 1
--   2: float64 1
-- where existing "json" in[1]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`json`, '$')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
--   3: int64 1
--   4: float64 1
--   5: int64 1
--   6: float64 1
-- where existing "json" contains ""
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where existing "json" startsWith ""
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where existing "json" endsWith ""
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where existing "json" contains "ab"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ab"
-- where existing "json" startsWith "ab"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ab"
--   2: string "ac"
-- where existing "json" endsWith "ab"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "ab"
-- where existing "json" contains "%_"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "%_"
-- where existing "json" startsWith "%_"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "%_"
--   2: string "%`"
-- where existing "json" endsWith "%_"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "%_"
-- where existing "json" contains "é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "é"
-- where existing "json" startsWith "é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "é"
--   2: string "ê"
-- where existing "json" endsWith "é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "é"
-- where existing "json" contains "ÿ"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ÿ"
-- where existing "json" startsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "json" endsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "ÿ"
-- where existing "json" contains "퟿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\ud7ff"
-- where existing "json" startsWith "퟿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "json" endsWith "퟿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\ud7ff"
-- where existing "json" contains "a􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "a\U0010ffff"
-- where existing "json" startsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "json" endsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "a\U0010ffff"
-- where existing "json" contains "􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\U0010ffff"
-- where existing "json" startsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "\U0010ffff"
-- where existing "json" endsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\U0010ffff"
-- where existing "json" like "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where existing "json" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'STRING' AND (json_unquote(json_extract(`json`, '$'))) COLLATE utf8mb4_nopad_bin REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where existing len("json")==2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$')) END = ?;
--   1: int64 2
-- where existing len("json")<2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$')) END < ?;
--   1: int64 2
-- where existing len("json")<=2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$')) END <= ?;
--   1: int64 2
-- where existing len("json")>2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$')) END > ?;
--   1: int64 2
-- where existing len("json")>=2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$')) END >= ?;
--   1: int64 2
-- where existing "json" has null
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'NULL'));
-- where existing "json" has 1
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN CAST(json_unquote(basalt_e) AS DECIMAL(65)) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: int64 1
--   2: float64 1
-- where existing "json" has "x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e) COLLATE utf8mb4_nopad_bin = ?));
--   1: string "x"
-- where existing "json" has true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = 'true'));
-- where existing "json.a.b c"==null
SELECT count(*) FROM `existing` WHERE coalesce(json_type(json_extract(`json`, '$."a"."b c"')), 'NULL') = 'NULL';
-- where existing "json.a.b c"==1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c"<1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) < ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) < ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c"<=1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) <= ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) <= ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c">1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) > ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c">=1
SELECT count(*) FROM `existing` WHERE CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) >= ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) >= ? END;
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c"=="x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?);
--   1: string "x"
-- where existing "json.a.b c"<"x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "x"
-- where existing "json.a.b c"<="x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin <= ?);
--   1: string "x"
-- where existing "json.a.b c">"x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin > ?);
--   1: string "x"
-- where existing "json.a.b c">="x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "x"
-- where existing "json.a.b c"==true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$."a"."b c"')) IN ('true'));
-- where existing "json.a.b c"<true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$."a"."b c"')) IN ('false'));
-- where existing "json.a.b c"<=true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$."a"."b c"')) IN ('false', 'true'));
-- where existing "json.a.b c">true
SELECT count(*) FROM `existing` WHERE FALSE;
-- where existing "json.a.b c">=true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$."a"."b c"')) IN ('true'));
-- where existing "json.a.b c" in["x",1]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END OR (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?));
--   1: int64 1
--   2: float64 1
--   3: string "x"
-- where existing "json.a.b c" in["x",1,true]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END OR (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin = ?) OR (json_type(json_extract(`json`, '$."a"."b c"')) = 'BOOLEAN' AND json_unquote(json_extract(`json`, '$."a"."b c"')) IN ('true')));
--   1: int64 1
--   2: float64 1
--   3: string "x"
-- where existing "json.a.b c" in[1,null]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END OR coalesce(json_type(json_extract(`json`, '$."a"."b c"')), 'NULL') = 'NULL');
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c" in[1]
SELECT count(*) FROM `existing` WHERE (CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END OR CASE WHEN json_type(json_extract(`json`, '$."a"."b c"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(`json`, '$."a"."b c"')) AS DECIMAL(65)) = ? WHEN json_type(json_extract(`json`, '$."a"."b c"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`json`, '$."a"."b c"')) + 0e0) = ? END);
--   1: int64 1
--   2: float64 1
--   3: int64 1
--   4: float64 1
--   5: int64 1
--   6: float64 1
-- where existing "json.a.b c" contains ""
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where existing "json.a.b c" startsWith ""
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where existing "json.a.b c" endsWith ""
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin IS NOT NULL);
-- where existing "json.a.b c" contains "ab"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ab"
-- where existing "json.a.b c" startsWith "ab"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ab"
--   2: string "ac"
-- where existing "json.a.b c" endsWith "ab"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "ab"
-- where existing "json.a.b c" contains "%_"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "%_"
-- where existing "json.a.b c" startsWith "%_"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "%_"
--   2: string "%`"
-- where existing "json.a.b c" endsWith "%_"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "%_"
-- where existing "json.a.b c" contains "é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "é"
-- where existing "json.a.b c" startsWith "é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "é"
--   2: string "ê"
-- where existing "json.a.b c" endsWith "é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "é"
-- where existing "json.a.b c" contains "ÿ"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "ÿ"
-- where existing "json.a.b c" startsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "json.a.b c" endsWith "ÿ"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "ÿ"
-- where existing "json.a.b c" contains "퟿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\ud7ff"
-- where existing "json.a.b c" startsWith "퟿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "json.a.b c" endsWith "퟿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\ud7ff"
-- where existing "json.a.b c" contains "a􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "a\U0010ffff"
-- where existing "json.a.b c" startsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ? AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin < ?);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "json.a.b c" endsWith "a􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 2) = ?);
--   1: string "a\U0010ffff"
-- where existing "json.a.b c" contains "􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND instr((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, ?) > 0);
--   1: string "\U0010ffff"
-- where existing "json.a.b c" startsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin >= ?);
--   1: string "\U0010ffff"
-- where existing "json.a.b c" endsWith "􏿿"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND right((json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin, 1) = ?);
--   1: string "\U0010ffff"
-- where existing "json.a.b c" like "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin LIKE ?);
--   1: string "a%[b]_\\%*é"
-- where existing "json.a.b c" ilike "a%[b]_\\%*é"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'STRING' AND (json_unquote(json_extract(`json`, '$."a"."b c"'))) COLLATE utf8mb4_nopad_bin REGEXP ?);
--   1: string "(?s)\\A[Aa].*\\[[Bb]\\].\\%\\*é\\z"
-- where existing len("json.a.b c")==2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$."a"."b c"')) END = ?;
--   1: int64 2
-- where existing len("json.a.b c")<2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$."a"."b c"')) END < ?;
--   1: int64 2
-- where existing len("json.a.b c")<=2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$."a"."b c"')) END <= ?;
--   1: int64 2
-- where existing len("json.a.b c")>2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$."a"."b c"')) END > ?;
--   1: int64 2
-- where existing len("json.a.b c")>=2
SELECT count(*) FROM `existing` WHERE CASE json_type(json_extract(`json`, '$."a"."b c"')) WHEN 'STRING' THEN char_length(json_unquote(json_extract(`json`, '$."a"."b c"'))) WHEN 'ARRAY' THEN json_length(json_extract(`json`, '$."a"."b c"')) END >= ?;
--   1: int64 2
-- where existing "json.a.b c" has null
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'NULL'));
-- where existing "json.a.b c" has 1
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN CAST(json_unquote(basalt_e) AS DECIMAL(65)) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END));
--   1: int64 1
--   2: float64 1
-- where existing "json.a.b c" has "x"
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'STRING' AND json_unquote(basalt_e) COLLATE utf8mb4_nopad_bin = ?));
--   1: string "x"
-- where existing "json.a.b c" has true
SELECT count(*) FROM `existing` WHERE (json_type(json_extract(`json`, '$."a"."b c"')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(`existing`.`json`, '$."a"."b c"'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE json_type(basalt_e) = 'BOOLEAN' AND json_unquote(basalt_e) = 'true'));
-- where things "s"=="s2"
SELECT count(*) FROM `things` WHERE `s` <=> `s2`;
-- where things "s"<"s2"
SELECT count(*) FROM `things` WHERE `s` < `s2`;
-- where things "s"<="s2"
SELECT count(*) FROM `things` WHERE `s` <= `s2`;
-- where things "s">"s2"
SELECT count(*) FROM `things` WHERE `s` > `s2`;
-- where things "s">="s2"
SELECT count(*) FROM `things` WHERE `s` >= `s2`;
-- where things "n"=="n2"
SELECT count(*) FROM `things` WHERE `n` <=> `n2`;
-- where things "n"<"n2"
SELECT count(*) FROM `things` WHERE `n` < `n2`;
-- where things "n"<="n2"
SELECT count(*) FROM `things` WHERE `n` <= `n2`;
-- where things "n">"n2"
SELECT count(*) FROM `things` WHERE `n` > `n2`;
-- where things "n">="n2"
SELECT count(*) FROM `things` WHERE `n` >= `n2`;
-- where things "f"=="f2"
SELECT count(*) FROM `things` WHERE `f` <=> `f2`;
-- where things "f"<"f2"
SELECT count(*) FROM `things` WHERE `f` < `f2`;
-- where things "f"<="f2"
SELECT count(*) FROM `things` WHERE `f` <= `f2`;
-- where things "f">"f2"
SELECT count(*) FROM `things` WHERE `f` > `f2`;
-- where things "f">="f2"
SELECT count(*) FROM `things` WHERE `f` >= `f2`;
-- where things "n"=="f"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN `n` IS NULL AND `f` IS NULL WHEN `f` >= 9223372036854775808 THEN FALSE WHEN `f` < -9223372036854775808 THEN FALSE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 = (`f` - floor(`f`)) ELSE FALSE END;
-- where things "n"<"f"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN TRUE WHEN `f` < -9223372036854775808 THEN FALSE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 < (`f` - floor(`f`)) ELSE `n` < CAST(floor(`f`) AS SIGNED) END;
-- where things "n"<="f"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN TRUE WHEN `f` < -9223372036854775808 THEN FALSE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 <= (`f` - floor(`f`)) ELSE `n` <= CAST(floor(`f`) AS SIGNED) END;
-- where things "n">"f"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN FALSE WHEN `f` < -9223372036854775808 THEN TRUE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 > (`f` - floor(`f`)) ELSE `n` > CAST(floor(`f`) AS SIGNED) END;
-- where things "n">="f"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN FALSE WHEN `f` < -9223372036854775808 THEN TRUE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 >= (`f` - floor(`f`)) ELSE `n` >= CAST(floor(`f`) AS SIGNED) END;
-- where things "f"=="n"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN `n` IS NULL AND `f` IS NULL WHEN `f` >= 9223372036854775808 THEN FALSE WHEN `f` < -9223372036854775808 THEN FALSE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 = (`f` - floor(`f`)) ELSE FALSE END;
-- where things "f"<"n"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN FALSE WHEN `f` < -9223372036854775808 THEN TRUE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 > (`f` - floor(`f`)) ELSE `n` > CAST(floor(`f`) AS SIGNED) END;
-- where things "f"<="n"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN FALSE WHEN `f` < -9223372036854775808 THEN TRUE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 >= (`f` - floor(`f`)) ELSE `n` >= CAST(floor(`f`) AS SIGNED) END;
-- where things "f">"n"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN TRUE WHEN `f` < -9223372036854775808 THEN FALSE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 < (`f` - floor(`f`)) ELSE `n` < CAST(floor(`f`) AS SIGNED) END;
-- where things "f">="n"
SELECT count(*) FROM `things` WHERE CASE WHEN `n` IS NULL OR `f` IS NULL THEN FALSE WHEN `f` >= 9223372036854775808 THEN TRUE WHEN `f` < -9223372036854775808 THEN FALSE WHEN `n` = CAST(floor(`f`) AS SIGNED) THEN 0 <= (`f` - floor(`f`)) ELSE `n` <= CAST(floor(`f`) AS SIGNED) END;
-- where things "b"=="b"
SELECT count(*) FROM `things` WHERE `b` <=> `b`;
-- where things "b"<"b"
SELECT count(*) FROM `things` WHERE `b` < `b`;
-- where things "b"<="b"
SELECT count(*) FROM `things` WHERE `b` <= `b`;
-- where things "b">"b"
SELECT count(*) FROM `things` WHERE `b` > `b`;
-- where things "b">="b"
SELECT count(*) FROM `things` WHERE `b` >= `b`;
-- where things "t"=="t"
SELECT count(*) FROM `things` WHERE `t` <=> `t`;
-- where things "t"<"t"
SELECT count(*) FROM `things` WHERE `t` < `t`;
-- where things "t"<="t"
SELECT count(*) FROM `things` WHERE `t` <= `t`;
-- where things "t">"t"
SELECT count(*) FROM `things` WHERE `t` > `t`;
-- where things "t">="t"
SELECT count(*) FROM `things` WHERE `t` >= `t`;
-- where things "y"=="y"
SELECT count(*) FROM `things` WHERE `y` <=> `y`;
-- where things "y"<"y"
SELECT count(*) FROM `things` WHERE `y` < `y`;
-- where things "y"<="y"
SELECT count(*) FROM `things` WHERE `y` <= `y`;
-- where things "y">"y"
SELECT count(*) FROM `things` WHERE `y` > `y`;
-- where things "y">="y"
SELECT count(*) FROM `things` WHERE `y` >= `y`;
-- where existing "varchar"=="collated"
SELECT count(*) FROM `existing` WHERE (`varchar` COLLATE utf8mb4_nopad_bin) <=> (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin);
-- where existing "varchar"<"collated"
SELECT count(*) FROM `existing` WHERE (`varchar` COLLATE utf8mb4_nopad_bin) < (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin);
-- where existing "smallint"=="numeric"
SELECT count(*) FROM `existing` WHERE CASE WHEN `smallint` IS NULL OR (`numeric` + 0e0) IS NULL THEN `smallint` IS NULL AND (`numeric` + 0e0) IS NULL WHEN (`numeric` + 0e0) >= 9223372036854775808 THEN FALSE WHEN (`numeric` + 0e0) < -9223372036854775808 THEN FALSE WHEN `smallint` = CAST(floor((`numeric` + 0e0)) AS SIGNED) THEN 0 = ((`numeric` + 0e0) - floor((`numeric` + 0e0))) ELSE FALSE END;
-- where existing "smallint"<"numeric"
SELECT count(*) FROM `existing` WHERE CASE WHEN `smallint` IS NULL OR (`numeric` + 0e0) IS NULL THEN FALSE WHEN (`numeric` + 0e0) >= 9223372036854775808 THEN TRUE WHEN (`numeric` + 0e0) < -9223372036854775808 THEN FALSE WHEN `smallint` = CAST(floor((`numeric` + 0e0)) AS SIGNED) THEN 0 < ((`numeric` + 0e0) - floor((`numeric` + 0e0))) ELSE `smallint` < CAST(floor((`numeric` + 0e0)) AS SIGNED) END;
-- where existing "date"=="timestamp"
SELECT count(*) FROM `existing` WHERE `date` <=> `timestamp`;
-- where existing "date"<"timestamp"
SELECT count(*) FROM `existing` WHERE `date` < `timestamp`;
-- where existing "uuid"=="enum"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) <=> (`enum` COLLATE utf8mb4_nopad_bin);
-- where existing "uuid"<"enum"
SELECT count(*) FROM `existing` WHERE (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < (`enum` COLLATE utf8mb4_nopad_bin);
-- where and
SELECT count(*) FROM `things` WHERE (`s` = ? AND `n` > ? AND `b` = ?);
--   1: string "a"
--   2: int64 1
--   3: bool true
-- where or
SELECT count(*) FROM `things` WHERE (`s` = ? OR `n` > ? OR `b` = ?);
--   1: string "a"
--   2: int64 1
--   3: bool true
-- where not
SELECT count(*) FROM `things` WHERE (`s` = ?) IS NOT TRUE;
--   1: string "a"
-- where not of and
SELECT count(*) FROM `things` WHERE ((`s` = ? AND `n` > ?)) IS NOT TRUE;
--   1: string "a"
--   2: int64 1
-- where or of and of or
SELECT count(*) FROM `things` WHERE (`s` = ? OR (`n` > ? AND (`b` = ? OR (`s` = ?) IS NOT TRUE)));
--   1: string "a"
--   2: int64 1
--   3: bool true
--   4: string "a"
-- where constants inside
SELECT count(*) FROM `things` WHERE (TRUE AND (FALSE) IS NOT TRUE);
-- where lookup by key
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`id` = `things`.`owner` AND l1.`user` = ?);
--   1: string "u"
-- where no lookup by key
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`id` = `things`.`owner` AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup narrowed
SELECT count(*) FROM `things` WHERE `owner` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?);
--   1: string "u"
-- where no lookup narrowed
SELECT count(*) FROM `things` WHERE (`owner` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup narrowed by several values
SELECT count(*) FROM `things` WHERE `s` IN (SELECT l1.`team` FROM `members` AS l1 WHERE (l1.`user` IN (?, ?) AND l1.`level` > ?));
--   1: string "u"
--   2: string "v"
--   3: int64 2
-- where no lookup narrowed by several values
SELECT count(*) FROM `things` WHERE (`s` IN (SELECT l1.`team` FROM `members` AS l1 WHERE (l1.`user` IN (?, ?) AND l1.`level` > ?))) IS NOT TRUE;
--   1: string "u"
--   2: string "v"
--   3: int64 2
-- where lookup not narrowed
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` = `things`.`owner` AND l1.`level` > ?);
--   1: int64 2
-- where no lookup not narrowed
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` = `things`.`owner` AND l1.`level` > ?)) IS NOT TRUE;
--   1: int64 2
-- where lookup of any document
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` = `things`.`owner`);
-- where no lookup of any document
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` = `things`.`owner`)) IS NOT TRUE;
-- where lookup without link
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`user` = ?);
--   1: string "u"
-- where no lookup without link
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup without link or condition
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1);
-- where no lookup without link or condition
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1)) IS NOT TRUE;
-- where lookup by several links
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` = `things`.`owner` AND l1.`level` <= `things`.`n` AND l1.`until` > `things`.`t` AND l1.`user` = ?);
--   1: string "u"
-- where no lookup by several links
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` = `things`.`owner` AND l1.`level` <= `things`.`n` AND l1.`until` > `things`.`t` AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup of other numbers
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE CASE WHEN l1.`level` IS NULL OR `things`.`f` IS NULL THEN FALSE WHEN `things`.`f` >= 9223372036854775808 THEN FALSE WHEN `things`.`f` < -9223372036854775808 THEN FALSE WHEN l1.`level` = CAST(floor(`things`.`f`) AS SIGNED) THEN 0 = (`things`.`f` - floor(`things`.`f`)) ELSE FALSE END AND l1.`user` = ?);
--   1: string "u"
-- where no lookup of other numbers
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE CASE WHEN l1.`level` IS NULL OR `things`.`f` IS NULL THEN FALSE WHEN `things`.`f` >= 9223372036854775808 THEN FALSE WHEN `things`.`f` < -9223372036854775808 THEN FALSE WHEN l1.`level` = CAST(floor(`things`.`f`) AS SIGNED) THEN 0 = (`things`.`f` - floor(`things`.`f`)) ELSE FALSE END AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup of other numbers, compared
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE CASE WHEN `things`.`n` IS NULL OR l1.`weight` IS NULL THEN FALSE WHEN l1.`weight` >= 9223372036854775808 THEN FALSE WHEN l1.`weight` < -9223372036854775808 THEN TRUE WHEN `things`.`n` = CAST(floor(l1.`weight`) AS SIGNED) THEN 0 > (l1.`weight` - floor(l1.`weight`)) ELSE `things`.`n` > CAST(floor(l1.`weight`) AS SIGNED) END AND CASE WHEN l1.`level` IS NULL OR `things`.`f` IS NULL THEN FALSE WHEN `things`.`f` >= 9223372036854775808 THEN FALSE WHEN `things`.`f` < -9223372036854775808 THEN TRUE WHEN l1.`level` = CAST(floor(`things`.`f`) AS SIGNED) THEN 0 >= (`things`.`f` - floor(`things`.`f`)) ELSE l1.`level` >= CAST(floor(`things`.`f`) AS SIGNED) END AND l1.`user` = ?);
--   1: string "u"
-- where no lookup of other numbers, compared
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE CASE WHEN `things`.`n` IS NULL OR l1.`weight` IS NULL THEN FALSE WHEN l1.`weight` >= 9223372036854775808 THEN FALSE WHEN l1.`weight` < -9223372036854775808 THEN TRUE WHEN `things`.`n` = CAST(floor(l1.`weight`) AS SIGNED) THEN 0 > (l1.`weight` - floor(l1.`weight`)) ELSE `things`.`n` > CAST(floor(l1.`weight`) AS SIGNED) END AND CASE WHEN l1.`level` IS NULL OR `things`.`f` IS NULL THEN FALSE WHEN `things`.`f` >= 9223372036854775808 THEN FALSE WHEN `things`.`f` < -9223372036854775808 THEN TRUE WHEN l1.`level` = CAST(floor(`things`.`f`) AS SIGNED) THEN 0 >= (`things`.`f` - floor(`things`.`f`)) ELSE l1.`level` >= CAST(floor(`things`.`f`) AS SIGNED) END AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup with json inside
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`id` = `things`.`owner` AND (l1.`user` = ? AND CASE WHEN json_type(json_extract(l1.`extra`, '$."k"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(l1.`extra`, '$."k"')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(l1.`extra`, '$."k"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(l1.`extra`, '$."k"')) + 0e0) > ? END AND (json_type(json_extract(l1.`extra`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(l1.`extra`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN CAST(json_unquote(basalt_e) AS DECIMAL(65)) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END))));
--   1: string "u"
--   2: int64 2
--   3: float64 2
--   4: int64 1
--   5: float64 1
-- where no lookup with json inside
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`id` = `things`.`owner` AND (l1.`user` = ? AND CASE WHEN json_type(json_extract(l1.`extra`, '$."k"')) = 'INTEGER' THEN CAST(json_unquote(json_extract(l1.`extra`, '$."k"')) AS DECIMAL(65)) > ? WHEN json_type(json_extract(l1.`extra`, '$."k"')) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(l1.`extra`, '$."k"')) + 0e0) > ? END AND (json_type(json_extract(l1.`extra`, '$')) = 'ARRAY' AND EXISTS (SELECT 1 FROM json_table(json_extract(l1.`extra`, '$'), '$[*]' COLUMNS (basalt_e json PATH '$')) AS basalt_elements WHERE CASE WHEN json_type(basalt_e) = 'INTEGER' THEN CAST(json_unquote(basalt_e) AS DECIMAL(65)) = ? WHEN json_type(basalt_e) IN ('DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(basalt_e) + 0e0) = ? END))))) IS NOT TRUE;
--   1: string "u"
--   2: int64 2
--   3: float64 2
--   4: int64 1
--   5: float64 1
-- where lookup of a key of several columns
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `lines` AS l1 WHERE l1.`number` = `things`.`n` AND l1.`part` = `things`.`s`);
-- where no lookup of a key of several columns
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `lines` AS l1 WHERE l1.`number` = `things`.`n` AND l1.`part` = `things`.`s`)) IS NOT TRUE;
-- where lookup of the same collection
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `things` AS l1 WHERE l1.`owner` = `things`.`owner` AND (l1.`b` = ? AND l1.`s` >= ?));
--   1: bool true
--   2: string "x"
-- where no lookup of the same collection
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `things` AS l1 WHERE l1.`owner` = `things`.`owner` AND (l1.`b` = ? AND l1.`s` >= ?))) IS NOT TRUE;
--   1: bool true
--   2: string "x"
-- where lookup inside a lookup
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`id` = `things`.`owner` AND (l1.`user` = ? AND EXISTS (SELECT 1 FROM `lines` AS l2 WHERE l2.`number` = l1.`level` AND l2.`x` = ?)));
--   1: string "u"
--   2: string "y"
-- where no lookup inside a lookup
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`id` = `things`.`owner` AND (l1.`user` = ? AND EXISTS (SELECT 1 FROM `lines` AS l2 WHERE l2.`number` = l1.`level` AND l2.`x` = ?)))) IS NOT TRUE;
--   1: string "u"
--   2: string "y"
-- where lookup narrowed inside a lookup
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `things` AS l1 WHERE l1.`id` = `things`.`owner` AND (l1.`n` > ? AND l1.`owner` IN (SELECT l2.`team` FROM `members` AS l2 WHERE l2.`user` = ?)));
--   1: int64 1
--   2: string "u"
-- where no lookup narrowed inside a lookup
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `things` AS l1 WHERE l1.`id` = `things`.`owner` AND (l1.`n` > ? AND l1.`owner` IN (SELECT l2.`team` FROM `members` AS l2 WHERE l2.`user` = ?)))) IS NOT TRUE;
--   1: int64 1
--   2: string "u"
-- where lookup of a search
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `articles` AS l1 WHERE l1.`id` = `things`.`owner` AND (MATCH (l1.`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE)));
--   1: string "+fox*"
-- where no lookup of a search
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `articles` AS l1 WHERE l1.`id` = `things`.`owner` AND (MATCH (l1.`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE)))) IS NOT TRUE;
--   1: string "+fox*"
-- where lookup of columns of other types
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `existing` AS l1 WHERE (CONVERT(l1.`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) = `things`.`owner` AND CASE WHEN `things`.`n` IS NULL OR (l1.`numeric` + 0e0) IS NULL THEN FALSE WHEN (l1.`numeric` + 0e0) >= 9223372036854775808 THEN FALSE WHEN (l1.`numeric` + 0e0) < -9223372036854775808 THEN TRUE WHEN `things`.`n` = CAST(floor((l1.`numeric` + 0e0)) AS SIGNED) THEN 0 > ((l1.`numeric` + 0e0) - floor((l1.`numeric` + 0e0))) ELSE `things`.`n` > CAST(floor((l1.`numeric` + 0e0)) AS SIGNED) END AND l1.`timestamp` >= `things`.`t` AND (CONVERT(l1.`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < `things`.`s` AND (l1.`varchar` COLLATE utf8mb4_nopad_bin) > ?);
--   1: string "a"
-- where no lookup of columns of other types
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `existing` AS l1 WHERE (CONVERT(l1.`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) = `things`.`owner` AND CASE WHEN `things`.`n` IS NULL OR (l1.`numeric` + 0e0) IS NULL THEN FALSE WHEN (l1.`numeric` + 0e0) >= 9223372036854775808 THEN FALSE WHEN (l1.`numeric` + 0e0) < -9223372036854775808 THEN TRUE WHEN `things`.`n` = CAST(floor((l1.`numeric` + 0e0)) AS SIGNED) THEN 0 > ((l1.`numeric` + 0e0) - floor((l1.`numeric` + 0e0))) ELSE `things`.`n` > CAST(floor((l1.`numeric` + 0e0)) AS SIGNED) END AND l1.`timestamp` >= `things`.`t` AND (CONVERT(l1.`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) < `things`.`s` AND (l1.`varchar` COLLATE utf8mb4_nopad_bin) > ?)) IS NOT TRUE;
--   1: string "a"
-- where lookup or another
SELECT count(*) FROM `things` WHERE (`owner` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?) OR EXISTS (SELECT 1 FROM `lines` AS l1 WHERE l1.`part` = `things`.`s`) OR `s` = ?);
--   1: string "u"
--   2: string "a"
-- where no lookup or another
SELECT count(*) FROM `things` WHERE ((`owner` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?) OR EXISTS (SELECT 1 FROM `lines` AS l1 WHERE l1.`part` = `things`.`s`) OR `s` = ?)) IS NOT TRUE;
--   1: string "u"
--   2: string "a"
-- where lookup by == on text 0
SELECT count(*) FROM `things` WHERE `s` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?);
--   1: string "u"
-- where no lookup by == on text 0
SELECT count(*) FROM `things` WHERE (`s` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup by < on text 1
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` < `things`.`s` AND l1.`user` = ?);
--   1: string "u"
-- where no lookup by < on text 1
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` < `things`.`s` AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup by <= on text 2
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` <= `things`.`s` AND l1.`user` = ?);
--   1: string "u"
-- where no lookup by <= on text 2
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` <= `things`.`s` AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup by > on text 3
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` > `things`.`s` AND l1.`user` = ?);
--   1: string "u"
-- where no lookup by > on text 3
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` > `things`.`s` AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where lookup by >= on text 4
SELECT count(*) FROM `things` WHERE EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` >= `things`.`s` AND l1.`user` = ?);
--   1: string "u"
-- where no lookup by >= on text 4
SELECT count(*) FROM `things` WHERE (EXISTS (SELECT 1 FROM `members` AS l1 WHERE l1.`team` >= `things`.`s` AND l1.`user` = ?)) IS NOT TRUE;
--   1: string "u"
-- where search fox
SELECT count(*) FROM `articles` WHERE (MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE));
--   1: string "+fox*"
-- where search and fox
SELECT count(*) FROM `articles` WHERE ((MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE)) AND `title` IS NOT NULL);
--   1: string "+fox*"
-- where search Lazy dog's 
SELECT count(*) FROM `articles` WHERE (MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE) AND `_basalt_search_9c1aa7fd` REGEXP ?);
--   1: string "+\"lazy\" +\"dog\""
--   2: string "(^|[^\\p{L}\\p{Nd}\\p{M}])s($|[^\\p{L}\\p{Nd}\\p{M}])"
-- where search and Lazy dog's 
SELECT count(*) FROM `articles` WHERE ((MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE) AND `_basalt_search_9c1aa7fd` REGEXP ?) AND `title` IS NOT NULL);
--   1: string "+\"lazy\" +\"dog\""
--   2: string "(^|[^\\p{L}\\p{Nd}\\p{M}])s($|[^\\p{L}\\p{Nd}\\p{M}])"
-- where search with typos
SELECT count(*) FROM `articles` WHERE (`_basalt_search_9c1aa7fd` REGEXP ? AND `_basalt_search_9c1aa7fd` REGEXP ?);
--   1: string "(^|[^\\p{L}\\p{Nd}\\p{M}])the($|[^\\p{L}\\p{Nd}\\p{M}])"
--   2: string "(^|[^\\p{L}\\p{Nd}\\p{M}])(f[\\p{L}\\p{Nd}\\p{M}]?xe|fo[\\p{L}\\p{Nd}\\p{M}]?e|fox[\\p{L}\\p{Nd}\\p{M}]?|f[\\p{L}\\p{Nd}\\p{M}]oxe|fo[\\p{L}\\p{Nd}\\p{M}]xe|fox[\\p{L}\\p{Nd}\\p{M}]e|foxe[\\p{L}\\p{Nd}\\p{M}]|fxoe|foex)"
-- find all
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things`;
-- find nothing
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE FALSE;
-- find without filter
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` LIMIT 1;
-- find by key
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `id` = ?;
--   1: string "a"
-- find by key of several columns
SELECT `number`, `part`, `x` FROM `lines` WHERE (`number` = ? AND `part` = ?);
--   1: int64 7
--   2: string "a"
-- find by keys
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `id` IN (?, ?, ?, ?) LIMIT 3;
--   1: string "a"
--   2: string "b"
--   3: string "c"
--   4: string "c"
-- find some fields
SELECT `id`, `n`, `y` FROM `things`;
-- find all of a key of several columns
SELECT `number`, `part`, `x` FROM `lines` ORDER BY `number` DESC, `part` DESC;
-- find names that need quotes
SELECT `id`, `an "odd" name`, `meta` FROM `app`.`of"ours` ORDER BY `an "odd" name`, `id`;
-- find columns of other types
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing`;
-- find things by id up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `id`, `id`;
-- find things by id down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `id` DESC, `id` DESC;
-- find things by s up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `s`, `id`;
-- find things by s down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `s` DESC, `id` DESC;
-- find things by s2 up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `s2`, `id`;
-- find things by s2 down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `s2` DESC, `id` DESC;
-- find things by n up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `n`, `id`;
-- find things by n down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `n` DESC, `id` DESC;
-- find things by n2 up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `n2`, `id`;
-- find things by n2 down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `n2` DESC, `id` DESC;
-- find things by f up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `f`, `id`;
-- find things by f down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `f` DESC, `id` DESC;
-- find things by f2 up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `f2`, `id`;
-- find things by f2 down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `f2` DESC, `id` DESC;
-- find things by b up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `b`, `id`;
-- find things by b down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `b` DESC, `id` DESC;
-- find things by t up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `t`, `id`;
-- find things by t down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `t` DESC, `id` DESC;
-- find things by y up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `y`, `id`;
-- find things by y down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `y` DESC, `id` DESC;
-- find things by j up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `j`, `id`;
-- find things by j down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `j` DESC, `id` DESC;
-- find things by owner up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `owner`, `id`;
-- find things by owner down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `owner` DESC, `id` DESC;
-- find existing by id up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `id`, `id`;
-- find existing by id down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `id` DESC, `id` DESC;
-- find existing by uuid up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), `id`;
-- find existing by uuid down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) DESC, `id` DESC;
-- find existing by varchar up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`varchar` COLLATE utf8mb4_nopad_bin), `id`;
-- find existing by varchar down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`varchar` COLLATE utf8mb4_nopad_bin) DESC, `id` DESC;
-- find existing by collated up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), `id`;
-- find existing by collated down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) DESC, `id` DESC;
-- find existing by enum up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`enum` COLLATE utf8mb4_nopad_bin), `id`;
-- find existing by enum down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`enum` COLLATE utf8mb4_nopad_bin) DESC, `id` DESC;
-- find existing by smallint up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `smallint`, `id`;
-- find existing by smallint down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `smallint` DESC, `id` DESC;
-- find existing by numeric up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`numeric` + 0e0), `id`;
-- find existing by numeric down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`numeric` + 0e0) DESC, `id` DESC;
-- find existing by real up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`real` + 0e0), `id`;
-- find existing by real down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY (`real` + 0e0) DESC, `id` DESC;
-- find existing by timestamp up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `timestamp`, `id`;
-- find existing by timestamp down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `timestamp` DESC, `id` DESC;
-- find existing by date up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `date`, `id`;
-- find existing by date down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `date` DESC, `id` DESC;
-- find existing by json up
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `json`, `id`;
-- find existing by json down
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM `existing` ORDER BY `json` DESC, `id` DESC;
-- find with null as the largest up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `n` IS NULL, `n`, `id`;
-- find with null as the largest down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY `n` IS NULL DESC, `n` DESC, `id`;
-- find by what is inside a json field up
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY CASE WHEN coalesce(json_type(json_extract(`j`, '$."a"."b"')), 'NULL') = 'NULL' THEN 0 WHEN (json_type(json_extract(`j`, '$."a"."b"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b"')) IN ('false')) THEN 1 WHEN (json_type(json_extract(`j`, '$."a"."b"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b"')) IN ('true')) THEN 2 WHEN json_type(json_extract(`j`, '$."a"."b"')) = 'STRING' THEN 4 WHEN json_type(json_extract(`j`, '$."a"."b"')) IN ('ARRAY', 'OBJECT') THEN 5 ELSE 3 END, CASE WHEN json_type(json_extract(`j`, '$."a"."b"')) IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b"')) + 0e0) END, CASE WHEN json_type(json_extract(`j`, '$."a"."b"')) IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN CAST(json_unquote(json_extract(`j`, '$."a"."b"')) AS DECIMAL(65)) END, CASE WHEN json_type(json_extract(`j`, '$."a"."b"')) = 'STRING' THEN (json_unquote(json_extract(`j`, '$."a"."b"'))) COLLATE utf8mb4_nopad_bin END, `id`;
-- find by what is inside a json field down
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` ORDER BY CASE WHEN coalesce(json_type(json_extract(`j`, '$."a"."b"')), 'NULL') = 'NULL' THEN 6 WHEN (json_type(json_extract(`j`, '$."a"."b"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b"')) IN ('false')) THEN 1 WHEN (json_type(json_extract(`j`, '$."a"."b"')) = 'BOOLEAN' AND json_unquote(json_extract(`j`, '$."a"."b"')) IN ('true')) THEN 2 WHEN json_type(json_extract(`j`, '$."a"."b"')) = 'STRING' THEN 4 WHEN json_type(json_extract(`j`, '$."a"."b"')) IN ('ARRAY', 'OBJECT') THEN 5 ELSE 3 END DESC, CASE WHEN json_type(json_extract(`j`, '$."a"."b"')) IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN (json_unquote(json_extract(`j`, '$."a"."b"')) + 0e0) END DESC, CASE WHEN json_type(json_extract(`j`, '$."a"."b"')) IN ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') THEN CAST(json_unquote(json_extract(`j`, '$."a"."b"')) AS DECIMAL(65)) END DESC, CASE WHEN json_type(json_extract(`j`, '$."a"."b"')) = 'STRING' THEN (json_unquote(json_extract(`j`, '$."a"."b"'))) COLLATE utf8mb4_nopad_bin END DESC, `id`;
-- find limit and offset
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `b` = ? ORDER BY `t` DESC, `id` LIMIT 20 OFFSET ?;
--   1: bool true
--   2: int64 40
-- find the first of each group
SELECT `id`, `s` FROM (SELECT *, row_number() OVER (PARTITION BY `n` ORDER BY `t` DESC, `id`) AS basalt_rank FROM `things` WHERE `b` = ?) AS ranked WHERE basalt_rank <= ? ORDER BY `t` DESC, `id` LIMIT 20 OFFSET ?;
--   1: bool true
--   2: int64 2
--   3: int64 40
-- find the first of each group by two fields
SELECT `id`, `s` FROM (SELECT *, row_number() OVER (PARTITION BY `n`, `s` ORDER BY `t` DESC, `id`) AS basalt_rank FROM `things` WHERE `b` = ?) AS ranked WHERE basalt_rank <= ? ORDER BY `t` DESC, `id` LIMIT 20 OFFSET ?;
--   1: bool true
--   2: int64 1
--   3: int64 40
-- find the first of each group of another type
SELECT `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`varchar` COLLATE utf8mb4_nopad_bin), (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), `smallint`, (`numeric` + 0e0), (`real` + 0e0), `timestamp`, `date`, `json` FROM (SELECT *, row_number() OVER (PARTITION BY `uuid` ORDER BY `id`) AS basalt_rank FROM `existing`) AS ranked WHERE basalt_rank <= ? ORDER BY `id`;
--   1: int64 1
-- find by rank of fox
SELECT `id`, `title`, `body` FROM `articles` WHERE (MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE)) ORDER BY MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE) DESC, `id` LIMIT 10 OFFSET ?;
--   1: string "+fox*"
--   2: string "+fox*"
--   3: int64 10
-- find by rank of Lazy dog's
SELECT `id`, `title`, `body` FROM `articles` WHERE (MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE) AND `_basalt_search_9c1aa7fd` REGEXP ?) ORDER BY MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE) DESC, `id` LIMIT 10 OFFSET ?;
--   1: string "+\"lazy\" +\"dog\""
--   2: string "(^|[^\\p{L}\\p{Nd}\\p{M}])s"
--   3: string "+\"lazy\" +\"dog\""
--   4: int64 10
-- find by rank with typos
SELECT `id`, `title`, `body` FROM `articles` WHERE (`_basalt_search_9c1aa7fd` REGEXP ?) ORDER BY MATCH (`_basalt_search_9c1aa7fd`) AGAINST (? IN BOOLEAN MODE) DESC, `id` LIMIT 10;
--   1: string "(^|[^\\p{L}\\p{Nd}\\p{M}])(f[\\p{L}\\p{Nd}\\p{M}]?xe|fo[\\p{L}\\p{Nd}\\p{M}]?e|fox[\\p{L}\\p{Nd}\\p{M}]?|f[\\p{L}\\p{Nd}\\p{M}]oxe|fo[\\p{L}\\p{Nd}\\p{M}]xe|fox[\\p{L}\\p{Nd}\\p{M}]e|foxe[\\p{L}\\p{Nd}\\p{M}]|fxoe|foex)"
--   2: string "+foxe*"
-- find locked
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `id` = ? FOR UPDATE;
--   1: string "a"
-- find locked for others' writes
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `id` = ? LOCK IN SHARE MODE;
--   1: string "a"
-- find after s "m" up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`s` > ? OR (`s` = ? AND `id` > ?))) ORDER BY `s`, `id` LIMIT 3;
--   1: string "m"
--   2: string "m"
--   3: string "a"
-- find after s "m" down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`s` < ? OR (`s` = ? AND `id` < ?))) ORDER BY `s` DESC, `id` DESC LIMIT 3;
--   1: string "m"
--   2: string "m"
--   3: string "a"
-- find after s "m" down 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `s` IS NULL ORDER BY `s` DESC, `id` DESC LIMIT 3;
-- find after n 5 up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`n` > ? OR (`n` = ? AND `id` > ?))) ORDER BY `n`, `id` LIMIT 3;
--   1: int64 5
--   2: int64 5
--   3: string "a"
-- find after n 5 down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`n` < ? OR (`n` = ? AND `id` < ?))) ORDER BY `n` DESC, `id` DESC LIMIT 3;
--   1: int64 5
--   2: int64 5
--   3: string "a"
-- find after n 5 down 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `n` IS NULL ORDER BY `n` DESC, `id` DESC LIMIT 3;
-- find after f 0.5 up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`f` > ? OR (`f` = ? AND `id` > ?))) ORDER BY `f`, `id` LIMIT 3;
--   1: float64 0.5
--   2: float64 0.5
--   3: string "a"
-- find after f 0.5 down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`f` < ? OR (`f` = ? AND `id` < ?))) ORDER BY `f` DESC, `id` DESC LIMIT 3;
--   1: float64 0.5
--   2: float64 0.5
--   3: string "a"
-- find after f 0.5 down 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `f` IS NULL ORDER BY `f` DESC, `id` DESC LIMIT 3;
-- find after b true up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`b` > ? OR (`b` = ? AND `id` > ?))) ORDER BY `b`, `id` LIMIT 3;
--   1: bool true
--   2: bool true
--   3: string "a"
-- find after b true down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`b` < ? OR (`b` = ? AND `id` < ?))) ORDER BY `b` DESC, `id` DESC LIMIT 3;
--   1: bool true
--   2: bool true
--   3: string "a"
-- find after b true down 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `b` IS NULL ORDER BY `b` DESC, `id` DESC LIMIT 3;
-- find after t "2026-01-02T03:04:05.678901Z" up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`t` > ? OR (`t` = ? AND `id` > ?))) ORDER BY `t`, `id` LIMIT 3;
--   1: string "2026-01-02 03:04:05.678901"
--   2: string "2026-01-02 03:04:05.678901"
--   3: string "a"
-- find after t "2026-01-02T03:04:05.678901Z" down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`t` < ? OR (`t` = ? AND `id` < ?))) ORDER BY `t` DESC, `id` DESC LIMIT 3;
--   1: string "2026-01-02 03:04:05.678901"
--   2: string "2026-01-02 03:04:05.678901"
--   3: string "a"
-- find after t "2026-01-02T03:04:05.678901Z" down 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `t` IS NULL ORDER BY `t` DESC, `id` DESC LIMIT 3;
-- find after y "AAE=" up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`y` > ? OR (`y` = ? AND `id` > ?))) ORDER BY `y`, `id` LIMIT 3;
--   1: []byte "\x00\x01"
--   2: []byte "\x00\x01"
--   3: string "a"
-- find after y "AAE=" down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE ((`y` < ? OR (`y` = ? AND `id` < ?))) ORDER BY `y` DESC, `id` DESC LIMIT 3;
--   1: []byte "\x00\x01"
--   2: []byte "\x00\x01"
--   3: string "a"
-- find after y "AAE=" down 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `y` IS NULL ORDER BY `y` DESC, `id` DESC LIMIT 3;
-- find after n null up 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE (`n` IS NULL AND `id` > ?) ORDER BY `n`, `id` LIMIT 3;
--   1: string "a"
-- find after n null up 2
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE `n` IS NOT NULL ORDER BY `n`, `id` LIMIT 3;
-- find after n null down 1
SELECT `id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner` FROM `things` WHERE (`n` IS NULL AND `id` < ?) ORDER BY `n` DESC, `id` DESC LIMIT 3;
--   1: string "a"
-- aggregate count
SELECT count(*) AS basalt_1 FROM `things`;
-- aggregate things by id
SELECT `id`, count(*) AS basalt_2 FROM `things` GROUP BY `id` ORDER BY `id`;
-- aggregate things extremes of id
SELECT min(`id`) AS basalt_1, max(`id`) AS basalt_2 FROM `things`;
-- aggregate things by s
SELECT `s`, count(*) AS basalt_2 FROM `things` GROUP BY `s` ORDER BY `s`;
-- aggregate things extremes of s
SELECT min(`s`) AS basalt_1, max(`s`) AS basalt_2 FROM `things`;
-- aggregate things by s2
SELECT `s2`, count(*) AS basalt_2 FROM `things` GROUP BY `s2` ORDER BY `s2`;
-- aggregate things extremes of s2
SELECT min(`s2`) AS basalt_1, max(`s2`) AS basalt_2 FROM `things`;
-- aggregate things by n
SELECT `n`, count(*) AS basalt_2 FROM `things` GROUP BY `n` ORDER BY `n`;
-- aggregate things extremes of n
SELECT min(`n`) AS basalt_1, max(`n`) AS basalt_2 FROM `things`;
-- aggregate things sum of n
SELECT sum(`n`) AS basalt_1, (avg(`n`) + 0e0) AS basalt_2 FROM `things`;
-- aggregate things by n2
SELECT `n2`, count(*) AS basalt_2 FROM `things` GROUP BY `n2` ORDER BY `n2`;
-- aggregate things extremes of n2
SELECT min(`n2`) AS basalt_1, max(`n2`) AS basalt_2 FROM `things`;
-- aggregate things sum of n2
SELECT sum(`n2`) AS basalt_1, (avg(`n2`) + 0e0) AS basalt_2 FROM `things`;
-- aggregate things by f
SELECT `f`, count(*) AS basalt_2 FROM `things` GROUP BY `f` ORDER BY `f`;
-- aggregate things extremes of f
SELECT min(`f`) AS basalt_1, max(`f`) AS basalt_2 FROM `things`;
-- aggregate things sum of f
SELECT sum(`f`) AS basalt_1, (avg(`f`) + 0e0) AS basalt_2 FROM `things`;
-- aggregate things by f2
SELECT `f2`, count(*) AS basalt_2 FROM `things` GROUP BY `f2` ORDER BY `f2`;
-- aggregate things extremes of f2
SELECT min(`f2`) AS basalt_1, max(`f2`) AS basalt_2 FROM `things`;
-- aggregate things sum of f2
SELECT sum(`f2`) AS basalt_1, (avg(`f2`) + 0e0) AS basalt_2 FROM `things`;
-- aggregate things by b
SELECT `b`, count(*) AS basalt_2 FROM `things` GROUP BY `b` ORDER BY `b`;
-- aggregate things extremes of b
SELECT min(`b`) AS basalt_1, max(`b`) AS basalt_2 FROM `things`;
-- aggregate things by t
SELECT `t`, count(*) AS basalt_2 FROM `things` GROUP BY `t` ORDER BY `t`;
-- aggregate things extremes of t
SELECT min(`t`) AS basalt_1, max(`t`) AS basalt_2 FROM `things`;
-- aggregate things by y
SELECT `y`, count(*) AS basalt_2 FROM `things` GROUP BY `y` ORDER BY `y`;
-- aggregate things extremes of y
SELECT min(`y`) AS basalt_1, max(`y`) AS basalt_2 FROM `things`;
-- aggregate things by owner
SELECT `owner`, count(*) AS basalt_2 FROM `things` GROUP BY `owner` ORDER BY `owner`;
-- aggregate things extremes of owner
SELECT min(`owner`) AS basalt_1, max(`owner`) AS basalt_2 FROM `things`;
-- aggregate existing by id
SELECT `id`, count(*) AS basalt_2 FROM `existing` GROUP BY `id` ORDER BY `id`;
-- aggregate existing extremes of id
SELECT min(`id`) AS basalt_1, max(`id`) AS basalt_2 FROM `existing`;
-- aggregate existing sum of id
SELECT sum(`id`) AS basalt_1, (avg(`id`) + 0e0) AS basalt_2 FROM `existing`;
-- aggregate existing by uuid
SELECT (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), count(*) AS basalt_2 FROM `existing` GROUP BY (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin) ORDER BY (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin);
-- aggregate existing extremes of uuid
SELECT min((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) AS basalt_1, max((CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) AS basalt_2 FROM `existing`;
-- aggregate existing by varchar
SELECT (`varchar` COLLATE utf8mb4_nopad_bin), count(*) AS basalt_2 FROM `existing` GROUP BY (`varchar` COLLATE utf8mb4_nopad_bin) ORDER BY (`varchar` COLLATE utf8mb4_nopad_bin);
-- aggregate existing extremes of varchar
SELECT min((`varchar` COLLATE utf8mb4_nopad_bin)) AS basalt_1, max((`varchar` COLLATE utf8mb4_nopad_bin)) AS basalt_2 FROM `existing`;
-- aggregate existing by collated
SELECT (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin), count(*) AS basalt_2 FROM `existing` GROUP BY (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin) ORDER BY (CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin);
-- aggregate existing extremes of collated
SELECT min((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) AS basalt_1, max((CONVERT(`collated` USING utf8mb4) COLLATE utf8mb4_nopad_bin)) AS basalt_2 FROM `existing`;
-- aggregate existing by enum
SELECT (`enum` COLLATE utf8mb4_nopad_bin), count(*) AS basalt_2 FROM `existing` GROUP BY (`enum` COLLATE utf8mb4_nopad_bin) ORDER BY (`enum` COLLATE utf8mb4_nopad_bin);
-- aggregate existing extremes of enum
SELECT min((`enum` COLLATE utf8mb4_nopad_bin)) AS basalt_1, max((`enum` COLLATE utf8mb4_nopad_bin)) AS basalt_2 FROM `existing`;
-- aggregate existing by smallint
SELECT `smallint`, count(*) AS basalt_2 FROM `existing` GROUP BY `smallint` ORDER BY `smallint`;
-- aggregate existing extremes of smallint
SELECT min(`smallint`) AS basalt_1, max(`smallint`) AS basalt_2 FROM `existing`;
-- aggregate existing sum of smallint
SELECT sum(`smallint`) AS basalt_1, (avg(`smallint`) + 0e0) AS basalt_2 FROM `existing`;
-- aggregate existing by numeric
SELECT (`numeric` + 0e0), count(*) AS basalt_2 FROM `existing` GROUP BY (`numeric` + 0e0) ORDER BY (`numeric` + 0e0);
-- aggregate existing extremes of numeric
SELECT min((`numeric` + 0e0)) AS basalt_1, max((`numeric` + 0e0)) AS basalt_2 FROM `existing`;
-- aggregate existing sum of numeric
SELECT sum((`numeric` + 0e0)) AS basalt_1, (avg((`numeric` + 0e0)) + 0e0) AS basalt_2 FROM `existing`;
-- aggregate existing by real
SELECT (`real` + 0e0), count(*) AS basalt_2 FROM `existing` GROUP BY (`real` + 0e0) ORDER BY (`real` + 0e0);
-- aggregate existing extremes of real
SELECT min((`real` + 0e0)) AS basalt_1, max((`real` + 0e0)) AS basalt_2 FROM `existing`;
-- aggregate existing sum of real
SELECT sum((`real` + 0e0)) AS basalt_1, (avg((`real` + 0e0)) + 0e0) AS basalt_2 FROM `existing`;
-- aggregate existing by timestamp
SELECT `timestamp`, count(*) AS basalt_2 FROM `existing` GROUP BY `timestamp` ORDER BY `timestamp`;
-- aggregate existing extremes of timestamp
SELECT min(`timestamp`) AS basalt_1, max(`timestamp`) AS basalt_2 FROM `existing`;
-- aggregate existing by date
SELECT `date`, count(*) AS basalt_2 FROM `existing` GROUP BY `date` ORDER BY `date`;
-- aggregate existing extremes of date
SELECT min(`date`) AS basalt_1, max(`date`) AS basalt_2 FROM `existing`;
-- aggregate everything
SELECT `s`, `f2`, count(*) AS basalt_3, sum(`n`) AS basalt_4, sum(`f`) AS basalt_5, (avg(`n`) + 0e0) AS basalt_6, min(`b`) AS basalt_7, max(`b`) AS basalt_8, max(`s`) AS basalt_9 FROM `things` WHERE `n` > ? GROUP BY `s`, `f2` ORDER BY `s`, `f2` LIMIT 100;
--   1: int64 0
-- insert a full row
INSERT INTO `things` (`id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner`) VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?);
--   1: string "a"
--   2: string "text"
--   3: int64 1
--   4: int64 -1
--   5: float64 0.5
--   6: float64 2
--   7: bool true
--   8: string "2026-01-02 03:04:05.678901"
--   9: []byte "\x00\xff"
--   10: string "{\"a\":[1,2.50,null]}"
--   11: string "o"
-- insert an empty row
INSERT INTO `things` (`id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner`) VALUES (?, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
--   1: string "b"
-- insert a json scalar
INSERT INTO `things` (`id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner`) VALUES (?, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ?, NULL);
--   1: string "c"
--   2: string "\"a scalar\""
-- insert several rows
INSERT INTO `things` (`id`, `s`, `s2`, `n`, `n2`, `f`, `f2`, `b`, `t`, `y`, `j`, `owner`) VALUES (?, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?), (?, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
--   1: string "a"
--   2: string "text"
--   3: int64 1
--   4: int64 -1
--   5: float64 0.5
--   6: float64 2
--   7: bool true
--   8: string "2026-01-02 03:04:05.678901"
--   9: []byte "\x00\xff"
--   10: string "{\"a\":[1,2.50,null]}"
--   11: string "o"
--   12: string "b"
-- insert a key of several columns
INSERT INTO `lines` (`number`, `part`, `x`) VALUES (?, ?, NULL);
--   1: int64 7
--   2: string "a"
-- insert columns of other types
INSERT INTO `existing` (`id`, `uuid`, `varchar`, `collated`, `enum`, `smallint`, `numeric`, `real`, `timestamp`, `date`, `json`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), (`numeric` + 0e0), (`real` + 0e0), `timestamp`;
--   1: int64 1
--   2: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   3: string "v"
--   4: string "c"
--   5: string "red"
--   6: int64 3
--   7: float64 0.1
--   8: float64 1.5
--   9: string "2026-01-02 03:04:05.678901"
--   10: string "2026-01-02 03:04:05.678901"
--   11: string "{\"b\":1.0,\"a\":2}"
-- insert nulls into columns of other types
INSERT INTO `existing` (`id`, `uuid`, `varchar`, `collated`, `enum`, `smallint`, `numeric`, `real`, `timestamp`, `date`, `json`) VALUES (?, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) RETURNING `id`, (CONVERT(`uuid` USING utf8mb4) COLLATE utf8mb4_nopad_bin), (`enum` COLLATE utf8mb4_nopad_bin), (`numeric` + 0e0), (`real` + 0e0), `timestamp`;
--   1: int64 1
-- update field s
UPDATE `things` SET `s` = ? WHERE `id` = ?;
--   1: string "text"
--   2: string "a"
-- update field s2
UPDATE `things` SET `s2` = NULL WHERE `id` = ?;
--   1: string "a"
-- update field n
UPDATE `things` SET `n` = ? WHERE `id` = ?;
--   1: int64 1
--   2: string "a"
-- update field n2
UPDATE `things` SET `n2` = ? WHERE `id` = ?;
--   1: int64 -1
--   2: string "a"
-- update field f
UPDATE `things` SET `f` = ? WHERE `id` = ?;
--   1: float64 0.5
--   2: string "a"
-- update field f2
UPDATE `things` SET `f2` = ? WHERE `id` = ?;
--   1: float64 2
--   2: string "a"
-- update field b
UPDATE `things` SET `b` = ? WHERE `id` = ?;
--   1: bool true
--   2: string "a"
-- update field t
UPDATE `things` SET `t` = ? WHERE `id` = ?;
--   1: string "2026-01-02 03:04:05.678901"
--   2: string "a"
-- update field y
UPDATE `things` SET `y` = ? WHERE `id` = ?;
--   1: []byte "\x00\xff"
--   2: string "a"
-- update field j
UPDATE `things` SET `j` = ? WHERE `id` = ?;
--   1: string "{\"a\":[1,2.50,null]}"
--   2: string "a"
-- update field owner
UPDATE `things` SET `owner` = ? WHERE `id` = ?;
--   1: string "o"
--   2: string "a"
-- update to null
UPDATE `things` SET `s` = NULL, `j` = NULL;
-- update if nothing has changed
UPDATE `things` SET `n` = ? WHERE (`id` = ? AND `n` = ? AND `s` IS NULL);
--   1: int64 2
--   2: string "a"
--   3: int64 1
-- update with a lookup
UPDATE `things` SET `f2` = ? WHERE `owner` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?);
--   1: float64 1
--   2: string "u"
-- update column uuid
UPDATE `existing` SET `uuid` = ? WHERE `id` = ?;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   2: int64 1
-- update column varchar
UPDATE `existing` SET `varchar` = ? WHERE `id` = ?;
--   1: string "v"
--   2: int64 1
-- update column collated
UPDATE `existing` SET `collated` = ? WHERE `id` = ?;
--   1: string "c"
--   2: int64 1
-- update column enum
UPDATE `existing` SET `enum` = ? WHERE `id` = ?;
--   1: string "red"
--   2: int64 1
-- update column smallint
UPDATE `existing` SET `smallint` = ? WHERE `id` = ?;
--   1: int64 3
--   2: int64 1
-- update column numeric
UPDATE `existing` SET `numeric` = ? WHERE `id` = ?;
--   1: float64 0.1
--   2: int64 1
-- update column real
UPDATE `existing` SET `real` = ? WHERE `id` = ?;
--   1: float64 1.5
--   2: int64 1
-- update column timestamp
UPDATE `existing` SET `timestamp` = ? WHERE `id` = ?;
--   1: string "2026-01-02 03:04:05.678901"
--   2: int64 1
-- update column date
UPDATE `existing` SET `date` = ? WHERE `id` = ?;
--   1: string "2026-01-02 03:04:05.678901"
--   2: int64 1
-- update column json
UPDATE `existing` SET `json` = ? WHERE `id` = ?;
--   1: string "{\"b\":1.0,\"a\":2}"
--   2: int64 1
-- delete all
DELETE FROM `things`;
-- delete by key
DELETE FROM `things` WHERE `id` = ?;
--   1: string "a"
-- delete by key of several columns
DELETE FROM `lines` WHERE (`number` = ? AND `part` = ?);
--   1: int64 7
--   2: string "a"
-- delete with a lookup
DELETE FROM `things` WHERE `owner` IN (SELECT l1.`team` FROM `members` AS l1 WHERE l1.`user` = ?);
--   1: string "u"
